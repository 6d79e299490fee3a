"""The web process's entry point with a mistake inside; `make chaos-teeth` only."""

from importlib import import_module

from shop.wsgi import application

__all__ = ["application"]

# Not until Django is set up.
import_module("tests.chaos.mistakes")
