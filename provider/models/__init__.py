"""The upstream side's tables: providers, their catalogue, and what we sell of it."""

from provider.models.acceptance import Acceptance, RefusedText
from provider.models.catalogue import Category, Offer, Route, Service
from provider.models.changes import ServiceChange
from provider.models.customers import (
    Agreement,
    CustomerTerms,
    PriceGroup,
    SpecialPrice,
)
from provider.models.listing import Favourite, Listing, Word
from provider.models.pricing import MarkupRule
from provider.models.providers import ErrorPhrase, Provider, Reply
from provider.models.publishing import CategoryMapping, NameRule, Translation
from provider.models.quarantine import Quarantine
from provider.models.rates import ExchangeRate, RateProposal
from provider.models.syncing import Difference, KeptCatalogue, SyncRun

__all__ = [
    "Acceptance",
    "Agreement",
    "Category",
    "CategoryMapping",
    "CustomerTerms",
    "Difference",
    "ErrorPhrase",
    "ExchangeRate",
    "Favourite",
    "KeptCatalogue",
    "Listing",
    "MarkupRule",
    "NameRule",
    "Offer",
    "PriceGroup",
    "Provider",
    "Quarantine",
    "RateProposal",
    "RefusedText",
    "Reply",
    "Route",
    "Service",
    "ServiceChange",
    "SpecialPrice",
    "SyncRun",
    "Translation",
    "Word",
]
