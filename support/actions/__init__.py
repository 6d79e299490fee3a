"""Everything that changes tickets."""

from support.actions.answering import answer
from support.actions.closing import close
from support.actions.opening import open_ticket
from support.actions.writing import write

__all__ = ["answer", "close", "open_ticket", "write"]
