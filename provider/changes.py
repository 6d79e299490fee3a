"""Why services change: named for the log that the database's triggers write.

    because(ChangeReason.RULE, by=user)   # then change prices, in the same transaction

The names hold until the transaction ends, or until somebody names others in it.
"""

from django.db import connection

from accounts.models import User

NAME = """
    SELECT set_config('magpie.reason', %s, true),
           set_config('magpie.run', %s, true),
           set_config('magpie.by', %s, true)
"""


def because(reason: str, *, run_id: int | None = None, by: User | None = None) -> None:
    """Name the reason, the run and the person of what this transaction changes next.

    One statement. Outside a transaction it names nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            NAME, [reason, str(run_id or ""), str(by.pk if by is not None else "")]
        )
