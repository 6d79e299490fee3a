"""The forms by which customers write."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from orders.listing import LONGEST_TEXT as LONGEST_LIST
from orders.listing import read_numbers
from shop.attachments import MOST_BYTES
from support.enums import Category, Wish
from support.models.messages import LONGEST_TEXT, MOST_FILES
from support.models.tickets import LONGEST_SUBJECT

_FOR_ORDERS = {"data-shop-when": f"category={Category.ORDER.value}"}


class FilesInput(forms.FileInput):
    """A field of several files."""

    allow_multiple_selected = True

    def value_from_datadict(
        self, data: Any, files: MultiValueDict[str, UploadedFile], name: str
    ) -> list[UploadedFile]:
        return files.getlist(name)


class FilesField(forms.Field):
    """Reads names and contents, and of each one byte more than is taken at most."""

    widget = FilesInput

    def to_python(self, value: Any) -> list[tuple[str, bytes]]:
        files = cast("list[UploadedFile]", value or [])[: MOST_FILES + 1]
        return [(file.name or "", file.read(MOST_BYTES + 1)) for file in files]


class MessageForm(forms.Form):
    """A message. What is too much or of the wrong kind, the action says."""

    text = forms.CharField(
        label=_("Message"),
        required=False,
        widget=forms.Textarea(
            {"class": "textarea w-full", "rows": 6, "maxlength": LONGEST_TEXT}
        ),
    )
    attachments = FilesField(
        label=_("Files (optional)"),
        required=False,
        help_text=_("PNG, JPEG, PDF or plain text, at most 5 MB; at most three files."),
        widget=FilesInput(
            {
                "class": "input w-full py-2",
                "multiple": True,
                "accept": ".png,.jpg,.jpeg,.pdf,.txt,.log,.csv",
            }
        ),
    )


class TicketForm(MessageForm):
    """What it is about, and for orders, which ones and what is to be done with them."""

    category = forms.ChoiceField(
        label=_("What is it about?"),
        choices=Category,
        widget=forms.Select({"class": "select w-full"}),
    )
    wish = forms.ChoiceField(
        label=_("What can we do?"),
        choices=[(wish.value, wish.label) for wish in Wish if wish],
        required=False,
        help_text=_("A refill or a cancel is asked for at once."),
        widget=forms.Select({"class": "select w-full", **_FOR_ORDERS}),
    )
    orders = forms.CharField(
        label=_("Order numbers"),
        required=False,
        max_length=LONGEST_LIST,
        help_text=_("With commas, spaces or lines between them; at most 100."),
        widget=forms.Textarea(
            {"class": "textarea w-full", "rows": 2, "inputmode": "text", **_FOR_ORDERS}
        ),
    )
    subject = forms.CharField(
        label=_("Subject (optional)"),
        required=False,
        max_length=LONGEST_SUBJECT,
        widget=forms.TextInput({"class": "input w-full", "autocomplete": "off"}),
    )
    field_order = ("category", "wish", "orders", "subject", "text", "attachments")

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, files, initial=initial)
        self.fields["text"].help_text = _(
            "For a refill or a cancel it may stay empty. What you write, staff read."
        )

    def clean_orders(self) -> list[int]:
        numbers = read_numbers(self.cleaned_data["orders"])
        if numbers is None:
            raise forms.ValidationError(_("Please give numbers only."))
        return numbers
