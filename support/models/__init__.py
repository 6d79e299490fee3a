"""Tickets, what is written in them, and the answers that staff have ready."""

from support.models.canned import CannedAnswer, CannedText
from support.models.messages import Attachment, Message
from support.models.tickets import Ticket

__all__ = ["Attachment", "CannedAnswer", "CannedText", "Message", "Ticket"]
