"""The upstream side's pages for staff."""

from provider.admin.archive import OfferAdmin, ReplyAdmin, SyncRunAdmin
from provider.admin.catalogue import CategoryAdmin, ServiceAdmin
from provider.admin.pricing import ExchangeRateAdmin, MarkupRuleAdmin
from provider.admin.providers import ErrorPhraseAdmin, ProviderAdmin

__all__ = [
    "CategoryAdmin",
    "ErrorPhraseAdmin",
    "ExchangeRateAdmin",
    "MarkupRuleAdmin",
    "OfferAdmin",
    "ProviderAdmin",
    "ReplyAdmin",
    "ServiceAdmin",
    "SyncRunAdmin",
]
