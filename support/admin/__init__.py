"""Tickets in the admin."""

from support.admin.canned import CannedAnswerAdmin
from support.admin.tickets import TicketAdmin

__all__ = ["CannedAnswerAdmin", "TicketAdmin"]
