"""`manage.py demo`: a shop to try, with a provider to practise on."""

import os
from importlib.util import find_spec

from django.conf import settings
from django.core.management import call_command

from shop import demo, serving
from shop.management.commands.serve import Command as ServeCommand

LOGINS = f"""
  The shop:  {{address}}
  customer:  {demo.CUSTOMER} / {demo.PASSWORD}
  admin:     {demo.ADMIN} / {demo.PASSWORD}   {{address}}admin/

  Ctrl-C stops it.
"""


class Command(ServeCommand):
    help = (
        "Try the shop: like `serve`, with a provider to practise on, a catalogue bought "
        "from it, and a customer and an admin to log in as. Ctrl-C stops all of it."
    )
    name = "demo"

    def start(self) -> None:
        """Start all parts; fill the shop while its processes load."""
        port = serving.free_port(near=self.port + 1)
        self.supervisor.start(self.processes.sandbox(port))
        self._start_stripe(port + 1)
        self.prepare_database()
        self.start_processes()
        url = f"http://{serving.HOST}:{port}/api/v2"
        call_command("seed_demo", provider_url=url)
        self.say("the catalogue and the log-ins are ready")
        self.wait_for_page()
        self.stdout.write(LOGINS.format(address=self.address))

    def _start_stripe(self, near: int) -> None:
        """Start a Stripe to practise on, where the tests are here and no real key is set."""
        if settings.STRIPE_SECRET_KEY or find_spec("tests") is None:
            return
        port = serving.free_port(near=near)
        os.environ |= {
            "STRIPE_SECRET_KEY": "sk_test_fake",
            "STRIPE_WEBHOOK_SECRET": "whsec_fake",
            "STRIPE_URL": f"http://{serving.HOST}:{port}",
        }
        self.supervisor.start(self.processes.stripe(port))
