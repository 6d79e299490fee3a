"""The upstream side's pages for staff."""

from provider.admin.archive import OfferAdmin, ReplyAdmin
from provider.admin.catalogue import CategoryAdmin, ServiceAdmin
from provider.admin.changes import ServiceChangeAdmin
from provider.admin.pricing import ExchangeRateAdmin, MarkupRuleAdmin
from provider.admin.providers import ErrorPhraseAdmin, ProviderAdmin
from provider.admin.syncing import DifferenceAdmin, QuarantineAdmin, SyncRunAdmin

__all__ = [
    "CategoryAdmin",
    "DifferenceAdmin",
    "ErrorPhraseAdmin",
    "ExchangeRateAdmin",
    "MarkupRuleAdmin",
    "OfferAdmin",
    "ProviderAdmin",
    "QuarantineAdmin",
    "ReplyAdmin",
    "ServiceAdmin",
    "ServiceChangeAdmin",
    "SyncRunAdmin",
]
