"""`manage.py seed_demo`: what `make demo` fills a fresh shop with."""

import secrets
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions as accounts
from accounts.models import User
from content import actions as content
from content.enums import Where
from content.models import Operator, TermsVersion
from ledger import actions as ledger
from provider import actions as providers
from provider.enums import RefusedClass, SyncOutcome
from provider.models import Acceptance, ExchangeRate, Provider
from shop.demo import ADMIN, CUSTOMER, PASSWORD, PROVIDER

CREDIT = Decimal(500)
MARKUP = Decimal(40)
# About what they are: the demo has no source of rates.
RATES = {"KRW": Decimal("0.00072"), "EUR": Decimal("1.1")}
# Polls are refused by default; those of the practice provider are honest.
POLLS = "Answers of a research panel that is paid and says so; no polls of others."

OPERATOR = {
    "name": "Magpie (demonstration)",
    "address": "1 Example Street, Example Town",
    "email": "shop@example.com",
    "registration_number": "000-00-00000",
    "mail_order_number": "0000-Example-0000",
    "hosting": "this machine",
}


class Command(BaseCommand):
    help = (
        "Fill the demo: a provider with its catalogue, a customer with a balance, an "
        "admin. What is there already is left alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--provider-url", required=True, help="where the practice provider answers"
        )
        parser.add_argument(
            "--provider-key", default="practice", help="our key there (practice)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Only with DEMO=true: these passwords are known to all.")
        self._people()
        self._pages()
        self._rates()
        self._provider(options["provider_url"], options["provider_key"])

    def _people(self) -> None:
        if not User.objects.filter(email=ADMIN).exists():
            accounts.add_user(email=ADMIN, password=PASSWORD, staff=True)
        if not User.objects.filter(email=CUSTOMER).exists():
            customer = accounts.add_user(email=CUSTOMER, password=PASSWORD)
            ledger.credit(
                customer=customer,
                amount=CREDIT,
                subject=secrets.randbits(62),
                by=None,
                note="demo",
            )

    def _pages(self) -> None:
        if "terms" not in content.write_samples():
            return
        published = content.publish_terms(version=TermsVersion.objects.get())
        content.accept_terms(
            user=User.objects.get(email=CUSTOMER),
            number=published.number or 0,
            where=Where.SIGN_UP,
        )
        Operator.objects.get_or_create(defaults=OPERATOR)

    def _rates(self) -> None:
        if not ExchangeRate.objects.exists():
            for base, rate in RATES.items():
                if base != settings.SHOP_CURRENCY:
                    providers.set_exchange_rate(base=base, rate=rate, source="demo")

    def _accept_polls(self) -> None:
        if not Acceptance.objects.exists():
            providers.accept_class(
                refused_class=RefusedClass.VOTES,
                statement=POLLS,
                by=User.objects.get(email=ADMIN),
            )

    def _provider(self, url: str, key: str) -> None:
        provider = Provider.objects.filter(name=PROVIDER).first()
        if provider is None:
            provider = providers.add_provider(
                name=PROVIDER,
                url=url,
                key=key,
                currency="USD",
                markup=MARKUP,
                publish=True,
                calls_per_minute=6000,
            )
        elif provider.url != url:
            # The practice provider has another port at every start.
            providers.move(provider=provider, url=url)
        if provider.synced_at is None:
            run = providers.sync(provider=provider)
            if run.outcome == SyncOutcome.FAILED:
                raise CommandError(run.message)
            self._accept_polls()
        providers.note_balance(provider=provider)
