"""The upstream side's tables: providers, their catalogue, and what we sell of it."""

from provider.models.catalogue import Category, Offer, Route, Service
from provider.models.changes import ServiceChange
from provider.models.pricing import ExchangeRate, MarkupRule
from provider.models.providers import ErrorPhrase, Provider, Reply
from provider.models.quarantine import Quarantine
from provider.models.syncing import Difference, KeptCatalogue, SyncRun

__all__ = [
    "Category",
    "Difference",
    "ErrorPhrase",
    "ExchangeRate",
    "KeptCatalogue",
    "MarkupRule",
    "Offer",
    "Provider",
    "Quarantine",
    "Reply",
    "Route",
    "Service",
    "ServiceChange",
    "SyncRun",
]
