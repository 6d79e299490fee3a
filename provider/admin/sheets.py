"""Services, prices and rules as tables that staff edit elsewhere and bring back.

A file is checked as a whole before anything is written: the page shows what would
change, cell by cell, and what is wrong, row by row. What a file changes counts as set by
hand, and re-prices the catalogue once.
"""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from import_export.admin import ImportExportModelAdmin
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource
from import_export.widgets import BooleanWidget, ForeignKeyWidget, Widget
from tablib import Dataset
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from provider.actions import reprice_in_transaction
from provider.changes import because
from provider.enums import ChangeReason, HandField
from provider.models import Category, MarkupRule, Provider, Service
from provider.models.catalogue import MOST
from shop.money import PLACES, has_places, plain
from shop.sheets import SafeCsv, SafeXlsx

# More rows take longer to compare on a page than anybody waits.
MOST_ROWS = 20_000
LONGEST_NAME = 1000
HIGHEST_PRICE = Decimal(10) ** 11
MOST_DAYS = 32_767
BIGGEST = 2**63


class SheetAdmin(ImportExportModelAdmin):
    """Adds both buttons to a list; whoever may change its rows may bring a file."""

    import_form_class = ImportForm
    export_form_class = ExportForm
    formats = (SafeCsv, SafeXlsx)


class PlainDecimalWidget(Widget):
    """0.05 where the column holds 0.05000000; nothing where it holds nothing."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> Decimal | None:
        if value in (None, ""):
            return None
        try:
            number = Decimal(str(value).strip())
        except ArithmeticError:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValidationError(_("“%(value)s” is no number.") % {"value": value})
        return number

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else plain(value)


class WholeNumberWidget(Widget):
    """Whole numbers, also as spreadsheets write them: 10.0."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> int | None:
        number = PlainDecimalWidget().clean(value)
        if number is None:
            return None
        if number != int(number):
            raise ValidationError(_("“%(value)s” is no number.") % {"value": value})
        return int(number)

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else str(value)


class NameWidget(ForeignKeyWidget):
    """A row by its name; all are read once, as a file has thousands of lines."""

    def __init__(self, model: Any) -> None:
        super().__init__(model, "name")
        self.known: dict[str, Any] | None = None

    def clean(self, value: Any, row: Any = None, **options: Any) -> Any:
        if value in (None, ""):
            return None
        if self.known is None:
            self.known = {one.name: one for one in self.model.objects.all()}
        if str(value) not in self.known:
            raise ValidationError(_("There is no “%(name)s”.") % {"name": value})
        return self.known[str(value)]


class NumberedRows(BaseInstanceLoader):
    """The rows that a file names by number, read by one statement."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        numbers = set()
        for row in self.dataset.dict:
            # What is no number is told of with its row.
            with suppress(ValidationError):
                numbers.add(self._number(row))
        self.found = self.resource.get_queryset().in_bulk(
            [number for number in numbers if number and 0 < number < BIGGEST]
        )

    def get_instance(self, row: Mapping[str, Any]) -> Any:
        """Return the instance of a row, or None."""
        return self.found.get(self._number(row))

    def _number(self, row: Mapping[str, Any]) -> int | None:
        number: int | None = self.resource.fields["id"].clean(row)
        return number


class SheetResource(ModelResource):
    """What all tables have in common."""

    class Meta:
        skip_unchanged = True
        report_skipped = False
        use_transactions = True

    def before_import(self, dataset: Dataset, **options: Any) -> None:
        """Refuse a file that is too long; forget the names of an earlier one."""
        if len(dataset) > MOST_ROWS:
            raise ValidationError(
                _("A file may have %(most)d rows, and this one has %(rows)d.")
                % {"most": MOST_ROWS, "rows": len(dataset)}
            )
        because(ChangeReason.HAND, by=options.get("user"))
        for field in self.fields.values():
            if isinstance(field.widget, NameWidget):
                field.widget.known = None

    def after_import(self, dataset: Dataset, result: Any, **options: Any) -> None:
        super().after_import(dataset, result, **options)
        reprice_in_transaction()


def _number(name: str, *, readonly: bool = False) -> Field:
    return Field(name, name, PlainDecimalWidget(), readonly=readonly)


def _whole(name: str) -> Field:
    return Field(name, name, WholeNumberWidget())


class PriceResource(SheetResource):
    """What services cost and sell at; the fixed price can be written."""

    id = _whole("id")
    name = Field("name", "name", readonly=True)
    cost = _number("cost", readonly=True)
    price = _number("price", readonly=True)
    fixed_price = _number("fixed_price")

    class Meta(SheetResource.Meta):
        model = Service
        fields: tuple[str, ...] = ("id", "name", "cost", "price", "fixed_price")
        export_order = fields
        # Each row is checked below; the database's own checks would be asked one by one.
        clean_model_instances = False
        use_bulk = True
        batch_size = 1000
        # One statement reads the rows of a file, not one for each.
        instance_loader_class = NumberedRows

    @classmethod
    def get_display_name(cls) -> str:
        return _("Prices")

    def get_queryset(self) -> QuerySet[Service]:
        return Service.objects.select_related("category")

    def init_instance(self, row: Mapping[str, Any] | None = None) -> Service:
        """Services come from providers: a row without one is an error."""
        number = (row or {}).get("id")
        raise ValidationError({"id": _("There is no service %(id)s.") % {"id": number}})

    def after_init_instance(
        self, instance: Service, new: bool, row: Any, **options: Any
    ) -> None:
        """Remember what the row was, for what the file changes of it."""
        self.before = {name: getattr(instance, name) for name in HandField.values}

    def validate_instance(
        self,
        instance: Service,
        import_validation_errors: dict[str, Any] | None = None,
        validate_unique: bool = True,
    ) -> None:
        """Raise ValidationError with all that is wrong with a row, field by field."""
        errors = dict(import_validation_errors or {})
        for name, message in self.wrong(instance):
            errors.setdefault(name, message)
        if errors:
            raise ValidationError(errors)

    def wrong(self, service: Service) -> list[tuple[str, str]]:
        """Return what is wrong with a row: field and message."""
        price = service.fixed_price
        if price is None:
            return []
        if not 0 < price < HIGHEST_PRICE or not has_places(price, PLACES):
            return [
                (
                    "fixed_price",
                    _("A price is above zero and has at most %(places)d decimals.")
                    % {"places": PLACES},
                )
            ]
        return []

    def before_save_instance(self, instance: Service, row: Any, **options: Any) -> None:
        changed = {
            name for name, was in self.before.items() if getattr(instance, name) != was
        }
        instance.set_by_hand = sorted({*instance.set_by_hand, *changed})

    def get_bulk_update_fields(self) -> list[str]:
        written = [
            field.attribute
            for field in self.get_import_fields()
            if not field.readonly and field.attribute != "id"
        ]
        return [*written, "set_by_hand"]


class ServiceResource(PriceResource):
    """All that staff may write of a service, beside what it costs."""

    description = Field("description", "description")
    name = Field("name", "name")
    category = Field("category", "category", NameWidget(Category))
    type = Field("type", "type", readonly=True)
    min = _whole("min")
    max = _whole("max")
    refill = Field("refill", "refill", BooleanWidget())
    cancel = Field("cancel", "cancel", BooleanWidget())
    dripfeed = Field("dripfeed", "dripfeed", BooleanWidget())
    refill_days = _whole("refill_days")
    refill_hours = _whole("refill_hours")
    active = Field("active", "active", BooleanWidget())
    state = Field("off_reason", "state", readonly=True)

    class Meta(PriceResource.Meta):
        fields = (
            "id", "name", "description", "category", "type", "min", "max", "refill",
            "cancel", "dripfeed", "refill_days", "refill_hours", "active", "state",
            "cost", "price", "fixed_price",
        )  # fmt: skip
        export_order = fields

    @classmethod
    def get_display_name(cls) -> str:
        return _("Services")

    def wrong(self, service: Service) -> list[tuple[str, str]]:
        found = super().wrong(service)
        if not 0 < len(service.name or "") <= LONGEST_NAME:
            found.append(("name", _("A name has 1 to 1,000 characters.")))
        if not service.category_id:
            found.append(("category", _("A service stands in a category.")))
        # An empty cell has been read as nothing.
        least, most = (getattr(service, name) for name in ("min", "max"))
        if least is None or most is None or not 0 < least <= most <= MOST:
            found.append(
                ("max", _("The minimum is above zero and not above the maximum."))
            )
        for name in ("refill_days", "refill_hours"):
            number = getattr(service, name)
            if number is not None and not 0 <= number <= MOST_DAYS:
                found.append((name, _("This number is too large or below zero.")))
        for name in ("refill", "cancel", "dripfeed", "active"):
            if getattr(service, name) is None:
                found.append((name, _("Write 1 for yes or 0 for no.")))
        return found

    def before_import_row(self, row: dict[str, Any], **options: Any) -> None:
        """An empty description is one: the column holds no NULL."""
        if "description" in row:
            row["description"] = row["description"] or ""


class RuleResource(SheetResource):
    """Markup rules; a row without a number is a new rule."""

    id = _whole("id")
    service = Field("service_id", "service", WholeNumberWidget())
    category = Field("category", "category", NameWidget(Category))
    provider = Field("provider", "provider", NameWidget(Provider))
    percent = _number("percent")
    fixed = _number("fixed")
    step = _number("step")
    minimum_margin = _number("minimum_margin")

    class Meta(SheetResource.Meta):
        model = MarkupRule
        fields = (
            "id", "scope", "service", "category", "provider", "percent", "fixed",
            "step", "rounding", "minimum_margin",
        )  # fmt: skip
        export_order = fields
        clean_model_instances = True

    @classmethod
    def get_display_name(cls) -> str:
        return _("Markup rules")

    def get_queryset(self) -> QuerySet[MarkupRule]:
        return MarkupRule.objects.order_by("id")

    def get_instance(self, instance_loader: Any, row: Mapping[str, Any]) -> Any:
        """Return the rule of a row; a number that no rule has is an error."""
        if row.get("id") in (None, ""):
            return None
        found = super().get_instance(instance_loader, row)
        if found is None:
            raise ValidationError(
                {"id": _("There is no rule %(id)s.") % {"id": row["id"]}}
            )
        return found


class ServiceSheets(SheetAdmin):
    """The buttons of the list of services."""

    resource_classes = (ServiceResource, PriceResource)

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        chosen: QuerySet[Service] = super().get_export_queryset(request)
        return chosen.select_related("category")


class RuleSheets(SheetAdmin):
    """The buttons of the list of markup rules."""

    resource_classes = (RuleResource,)
