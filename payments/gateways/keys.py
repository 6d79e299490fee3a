"""The keys of gateways: what the environment says, else what the admin keeps encrypted."""

from collections.abc import Sequence

from django.conf import settings

from payments.models import GatewayKey


def key_of(name: str) -> str:
    """Return a key by the name of its setting, "" where it is set nowhere."""
    given: str = getattr(settings, name)
    if given:
        return given
    stored = GatewayKey.objects.filter(name=name).first()
    return stored.value if stored else ""


def are_set(names: Sequence[str]) -> bool:
    """Return whether all of these keys are set."""
    missing = {name for name in names if not getattr(settings, name)}
    if not missing:
        return True
    return GatewayKey.objects.filter(name__in=missing).count() == len(missing)
