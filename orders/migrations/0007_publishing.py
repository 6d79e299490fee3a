"""Orders know their page by one spelling, and pages whose owners want no deliveries."""

from collections.abc import Iterator
from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from provider.links import key_of

BATCH = 5000
OPEN = ("pending", "processing", "in_progress", "paused")
FILL = """
    UPDATE orders_order SET link_key = known.key
    FROM unnest(%s::bigint[], %s::text[]) AS known(id, key)
    WHERE orders_order.id = known.id
"""


def fill_keys(apps: Any, schema_editor: Any) -> None:
    """Fill in what is under way: nobody looks for pages of orders that have ended."""
    orders = apps.get_model("orders", "Order").objects
    for batch in _batches(orders.filter(status__in=OPEN).exclude(link="")):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(FILL, [list(batch), [key_of(one) for one in batch.values()]])


def _batches(orders: Any) -> Iterator[dict[int, str]]:
    last = 0
    while batch := dict(
        orders.filter(pk__gt=last).order_by("pk").values_list("pk", "link")[:BATCH]
    ):
        yield batch
        last = max(batch)


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0006_indexes'),
        ('provider', '0006_publishing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StoppedLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('link_key', models.CharField(max_length=600, verbose_name='page')),
                ('link', models.CharField(max_length=2000, verbose_name='link')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('statement', models.TextField(blank=True, verbose_name='statement')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='orders cancelled')),
                ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='lifted')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='asked for')),
            ],
            options={
                'verbose_name': 'stopped page',
                'verbose_name_plural': 'stopped pages',
            },
        ),
        migrations.AddField(
            model_name='order',
            name='link_key',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=600, verbose_name='page'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('status__in', frozenset(['in_progress', 'paused', 'pending', 'processing'])), models.Q(('link_key', ''), _negated=True)), fields=['link_key'], name='order_open_for_link', opclasses=['varchar_pattern_ops']),
        ),
        migrations.AddField(
            model_name='stoppedlink',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='stoppedlink',
            name='lifted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='lifted by'),
        ),
        migrations.AddIndex(
            model_name='stoppedlink',
            index=models.Index(condition=models.Q(('lifted_at__isnull', True), ('settled_at__isnull', True)), fields=['id'], name='stopped_link_to_settle'),
        ),
        migrations.AddConstraint(
            model_name='stoppedlink',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('link_key',), name='stopped_link_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='stoppedlink',
            constraint=models.CheckConstraint(condition=models.Q(('link_key', ''), _negated=True), name='stopped_link_names_a_page'),
        ),
        migrations.AddConstraint(
            model_name='stoppedlink',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lifted_at__isnull', True), ('lifted_by__isnull', True)), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False)), _connector='OR'), name='stopped_link_is_lifted_by_somebody'),
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
    ]
