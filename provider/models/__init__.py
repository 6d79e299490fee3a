"""The upstream side's tables: providers, their catalogue, and what we sell of it."""

from provider.models.catalogue import Category, Offer, Route, Service
from provider.models.pricing import ExchangeRate, MarkupRule
from provider.models.providers import ErrorPhrase, Provider, Reply
from provider.models.syncing import SyncRun

__all__ = [
    "Category",
    "ErrorPhrase",
    "ExchangeRate",
    "MarkupRule",
    "Offer",
    "Provider",
    "Reply",
    "Route",
    "Service",
    "SyncRun",
]
