"""What staff do in the admin, and a guard for what they only look at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from shop.admin import page_of

WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
# The hidden field that each dialog carries.
SUBMITTED = {"_form_submitted": "on"}


def log_in(user: User) -> Client:
    """Return a browser in which `user` is logged in."""
    client = Client()
    client.force_login(user)
    return client


def list_of(model: type[Model]) -> str:
    """Return the address of a model's list."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def button_of(row: Model, name: str) -> str:
    """Return the address of a button on a row's page."""
    options = row._meta
    return reverse(
        f"admin:{options.app_label}_{options.model_name}_{name}", args=[row.pk]
    )


def press(client: Client, row: Model, name: str, **data: Any) -> Any:
    """Press a button and submit its dialog; return the page that follows."""
    return client.post(button_of(row, name), {**SUBMITTED, **data}, follow=True)


def buttons(model: type[Model]) -> list[str]:
    """Return the names of a page's buttons, as addresses know them."""
    model_admin: Any = admin.site._registry[model]
    return list(model_admin._extract_action_names(model_admin.actions_detail))


def save(client: Client, row: Model, **data: Any) -> Any:
    """Change a row's form: what it shows, but for `data`; return the page that follows."""
    url = page_of(row)
    context = client.get(url).context
    form = context["adminform"].form
    shown = {
        name: form[name].value()
        for name in form.fields
        if form[name].value() not in (None, False)
    }
    for inline in context["inline_admin_formsets"]:
        counts = inline.formset.management_form
        shown |= {
            counts.add_prefix(name): counts[name].value() for name in counts.fields
        }
    filled = {k: v for k, v in {**shown, **data}.items() if v is not None}
    return client.post(url, {**filled, "_continue": "1"}, follow=True)


def text_of(response: HttpResponse) -> str:
    """Return a page as text."""
    return response.content.decode()


@contextmanager
def nothing_is_written() -> Iterator[None]:
    """Fail on any statement that would change a row."""

    def guard(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        assert not sql.lstrip().upper().startswith(WRITES), sql
        return execute(sql, params, many, context)

    with connection.execute_wrapper(guard):
        yield
