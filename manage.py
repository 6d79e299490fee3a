#!/usr/bin/env python
"""The shop's command line. `manage.py help` lists the commands."""

import os
import sys

from shop.embedded.launcher import Launcher


def main() -> None:
    """Run the command; without a configured database and queue, embedded ones."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    Launcher(sys.argv).execute()


if __name__ == "__main__":
    main()
