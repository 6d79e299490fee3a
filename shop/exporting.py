"""All that the shop knows of a customer, as one ZIP. Each room adds its own tables.

To add one, write a function beside the others in its room and name it in PARTS.
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import IO

from accounts import exports as accounts
from accounts.models import User
from content import exports as content
from ledger import exports as ledger
from notices import exports as notices
from orders import exports as orders
from payments import exports as payments
from shop.sheets import Sheet, escape
from support import exports as support

# So much is kept in memory; what is bigger waits in a file that nobody else can open.
IN_MEMORY = 4 * 1024 * 1024

PARTS: tuple[Callable[[User], Iterable[Sheet]], ...] = (
    accounts.export,
    content.export,
    ledger.export,
    orders.export,
    payments.export,
    notices.export,
    support.export,
)


def export(*, user: User) -> IO[bytes]:
    """Return a ZIP, at its beginning, with a table for each kind of row of the user's."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - who reads it closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("profile.json", _profile(user))
        for part in PARTS:
            for sheet in part(user):
                _write(archive, sheet)
    file.seek(0)
    return file


def _profile(user: User) -> str:
    return json.dumps(accounts.profile(user), ensure_ascii=False, indent=2)


def _write(archive: zipfile.ZipFile, sheet: Sheet) -> None:
    with (
        archive.open(f"{sheet.name}.csv", "w") as raw,
        # With the mark by which Excel knows UTF-8.
        io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text,
    ):
        writer = csv.writer(text)
        writer.writerow(sheet.headers)
        for row in sheet.rows:
            writer.writerow([escape(_plain(cell)) for cell in row])


def _plain(cell: object) -> object:
    return "" if cell is None else str(cell)
