"""Booking a cause that moves money once."""

from django.db import IntegrityError

from ledger.errors import AlreadyMovedError
from ledger.models import Transfer


def book_once(transfer: Transfer) -> None:
    try:
        transfer.save()
    except IntegrityError as error:
        if "transfer_one_per_cause" not in str(error):
            raise
        raise AlreadyMovedError from error
