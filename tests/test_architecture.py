"""House rules that no linter knows, read from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = (
    *("shop", "payments", "provider", "orders", "ledger", "accounts", "notices"),
    *("content", "support", "api"),
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                name = path.relative_to(ROOT).as_posix()
                yield name, ast.parse(path.read_text())


def is_action(name: str) -> bool:
    return "/actions/" in name or name.endswith("/actions.py")


def test_only_the_transitions_write_the_state_of_an_order() -> None:
    writers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute)
        and target.attr in {"status", "submission"}
        and isinstance(target.value, ast.Name)
        and target.value.id == "order"
    }

    assert writers == {"orders/actions/transitions.py"}


def test_only_ledger_actions_make_transfers() -> None:
    makers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func)
        in {"Transfer", "Transfer.objects.create", "Transfer.objects.bulk_create"}
    }

    assert makers
    assert {name for name in makers if not name.startswith("ledger/actions/")} == set()


def test_transactions_are_opened_by_actions_only() -> None:
    openers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "transaction.atomic"
    }

    assert openers
    assert {name for name in openers if not is_action(name)} == set()


def test_every_transaction_is_a_step_of_its_own() -> None:
    loose = {
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "transaction.atomic"
        and "durable=True" not in ast.unparse(node)
    }

    assert loose == set()


def test_only_one_module_speaks_http() -> None:
    speakers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
        if module.split(".")[0] in {"requests", "httpx", "aiohttp"}
    }

    assert speakers == {"shop/http.py"}


def test_tasks_are_short() -> None:
    lengths = {
        f"{name}:{node.name}": (node.end_lineno or 0) - node.lineno
        for name, tree in modules()
        if name.endswith("/tasks.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }

    assert lengths
    assert {task for task, lines in lengths.items() if lines > 12} == set()


def test_only_order_actions_write_the_state_of_orders_in_sets() -> None:
    writers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"update", "bulk_update"}
        and any(
            field in ast.unparse(node)
            for field in ("status=", "submission=", "'status'", "'submission'")
        )
    }

    assert {name for name in writers if not name.startswith("orders/actions/")} == set()


def test_nobody_imports_the_sandbox() -> None:
    importers = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("sandbox")
        )
        or (
            isinstance(node, ast.Import)
            and any(alias.name.split(".")[0] == "sandbox" for alias in node.names)
        )
    }

    assert importers == set()
