"""What all tests share: throw-away servers, and a network that ends at this machine."""

import os

import django
import hypothesis
import pytest
from django.conf import settings
from django.core.cache import caches

from tests.servers import Servers

servers_key = pytest.StashKey[Servers]()

# No test asserts how long something takes: machines are busy.
hypothesis.settings.register_profile("magpie", deadline=None)
hypothesis.settings.load_profile("magpie")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the servers once, before Django reads its settings; block the network.

    The workers of pytest-xdist inherit the servers' addresses; each has a database and a
    cache of its own.
    """
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True
    if not hasattr(config, "workerinput"):
        config.stash[servers_key] = Servers()
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    django.setup()
    if worker := getattr(config, "workerinput", {}).get("workerid"):
        # One worker's counts, and its emptying of the cache, are not another's.
        number = 1 + int(worker.removeprefix("gw")) % 15
        address = settings.CACHES["default"]["LOCATION"].partition("?")[0]
        settings.CACHES["default"]["LOCATION"] = f"{address}?db={number}"
        if caches.all(initialized_only=True):
            del caches["default"]
    # The real ones take a third of a second for each customer, on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each test client has the middleware made anew: it need not look at all static files.
    settings.WHITENOISE_AUTOREFRESH = True
    # Nobody waits a day; tests of the wait set it.
    settings.REFILL_HOURS = 0
    # Staff log in with a password alone; tests of the second step set it.
    settings.REQUIRE_STAFF_2FA = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the storm, the longest test of all, so that nobody waits for it alone."""
    items.sort(key=lambda item: item.get_closest_marker("chaos") is None)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Bring in the shared fixtures, whose models need Django to be set up."""
    session.config.pluginmanager.import_plugin("tests.fixtures")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers."""
    if servers := config.stash.get(servers_key, None):
        servers.stop()
