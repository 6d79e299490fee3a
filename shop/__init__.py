"""The Django project, and the public storefront."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
