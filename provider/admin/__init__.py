"""The upstream side's pages for staff."""

from provider.admin.acceptance import AcceptanceAdmin, RefusedTextAdmin
from provider.admin.archive import OfferAdmin, ReplyAdmin
from provider.admin.catalogue import ServiceAdmin
from provider.admin.changes import ServiceChangeAdmin
from provider.admin.customers import (
    CustomerTermsAdmin,
    PriceGroupAdmin,
    SpecialPriceAdmin,
)
from provider.admin.differences import DifferenceAdmin
from provider.admin.naming import NameRuleAdmin
from provider.admin.pricing import MarkupRuleAdmin
from provider.admin.providers import ErrorPhraseAdmin, ProviderAdmin
from provider.admin.quarantine import QuarantineAdmin
from provider.admin.rates import ExchangeRateAdmin, RateProposalAdmin
from provider.admin.shelves import CategoryAdmin, CategoryMappingAdmin
from provider.admin.syncing import SyncRunAdmin

__all__ = [
    "AcceptanceAdmin",
    "CategoryAdmin",
    "CategoryMappingAdmin",
    "CustomerTermsAdmin",
    "DifferenceAdmin",
    "ErrorPhraseAdmin",
    "ExchangeRateAdmin",
    "MarkupRuleAdmin",
    "NameRuleAdmin",
    "OfferAdmin",
    "PriceGroupAdmin",
    "ProviderAdmin",
    "QuarantineAdmin",
    "RateProposalAdmin",
    "RefusedTextAdmin",
    "ReplyAdmin",
    "ServiceAdmin",
    "ServiceChangeAdmin",
    "SpecialPriceAdmin",
    "SyncRunAdmin",
]
