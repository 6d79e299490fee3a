"""The verdict in words."""

from tests.chaos.trial import Verdict

EXAMPLES = 5


def table(verdict: Verdict) -> str:
    """Return the comparison as a table: what must be zero first."""
    lines = ["", "must be zero:"]
    for column in verdict.columns:
        if not column.must_be_zero and lines[-1] != "" and "only told:" not in lines:
            lines += ["", "only told:"]
        lines.append(f"  {len(column.found):>6}  {column.name}")
        if column.is_broken or not column.must_be_zero:
            lines += [f"            {one}" for one in column.found[:EXAMPLES]]
    if verdict.errors:
        kinds = ", ".join(
            f"{count} × {kind}" for kind, count in verdict.errors.most_common()
        )
        lines += ["", f"errors in the logs: {kinds}"]
    broken = [column.name for column in verdict.broken]
    lines += ["", f"BROKEN: {'; '.join(broken)}" if broken else "All zeros are zeros."]
    return "\n".join(lines)
