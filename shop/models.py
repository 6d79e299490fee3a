"""The storefront's own tables."""

from django.db import models
from django.db.models.functions import Now


class Tick(models.Model):
    """When a periodic task last ran; whoever moves the row runs the task."""

    name = models.CharField(max_length=60, primary_key=True)
    last_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name
