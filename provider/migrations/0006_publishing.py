"""What the shop refuses, mapped shelves, cleaned names, translations, refill windows."""

from collections.abc import Iterator
from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import provider.patterns
from provider.refills import Window, window_of
from provider.refusals import classes_of

# What staff have written stays theirs from now on.
KEEP_WINDOWS = """
    UPDATE provider_service
    SET set_by_hand = set_by_hand
        || CASE WHEN refill_days IS NULL THEN '{}'::varchar[]
                ELSE '{refill_days}' END
        || CASE WHEN refill_hours IS NULL THEN '{}'::varchar[]
                ELSE '{refill_hours}' END
    WHERE refill_days IS NOT NULL OR refill_hours IS NOT NULL
"""
JUDGE = """
    UPDATE provider_offer offer
    SET refill_days = judged.days, refill_first_hours = judged.first_hours,
        refill_hours = judged.hours,
        refused_for = string_to_array(judged.causes, ',')
    FROM unnest(%s::bigint[], %s::smallint[], %s::smallint[], %s::smallint[], %s::text[])
         AS judged(id, days, first_hours, hours, causes)
    WHERE offer.id = judged.id
"""
# Services follow, and are priced, when the catalogues are read next: soon.
READ_CATALOGUES = "UPDATE provider_provider SET next_sync_at = now()"


def judge_offers(apps: Any, schema_editor: Any) -> None:
    """Judge the offers that are there; there are no rules of the shop's own yet."""
    offers = apps.get_model("provider", "Offer").objects
    judged = list(_judged(offers.only("name", "category", "type", "description")))
    if judged:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(JUDGE, [list(column) for column in zip(*judged, strict=True)])
            cursor.execute(READ_CATALOGUES)


def _judged(offers: Any) -> Iterator[tuple[object, ...]]:
    for offer in offers.iterator():
        window = window_of(offer.name)
        causes = classes_of(
            name=offer.name,
            category=offer.category,
            type=offer.type,
            description=offer.description,
        )
        if causes or window != Window():
            yield (
                offer.pk, window.days, window.first_hours, window.hours, ",".join(causes)
            )  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ('provider', '0005_valve'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='category',
            name='link_example',
            field=models.CharField(blank=True, db_default='', default='', help_text='Shown to customers below the field.', max_length=300, verbose_name='example of a link'),
        ),
        migrations.AddField(
            model_name='category',
            name='link_network',
            field=models.CharField(blank=True, choices=[('facebook', 'https://www.facebook.com/…'), ('instagram', 'https://www.instagram.com/…'), ('naver_blog', 'https://blog.naver.com/…'), ('reddit', 'https://www.reddit.com/user/…'), ('soundcloud', 'https://soundcloud.com/…'), ('telegram', 'https://t.me/…'), ('threads', 'https://www.threads.net/@…'), ('tiktok', 'https://www.tiktok.com/@…'), ('twitch', 'https://www.twitch.tv/…'), ('vk', 'https://vk.com/…'), ('x', 'https://x.com/…'), ('youtube', 'https://www.youtube.com/@…')], db_default='', default='', help_text='A link given as @name is taken for the page of that name there.', max_length=20, verbose_name='site of @name'),
        ),
        migrations.AddField(
            model_name='category',
            name='link_pattern',
            field=models.CharField(blank=True, db_default='', default='', help_text='A regular expression that the whole link must fit, as it is compared: without https:// and www., such as instagram\\.com/p/.+', max_length=200, validators=[provider.patterns.check_pattern], verbose_name='pattern of links'),
        ),
        migrations.AddField(
            model_name='offer',
            name='clean_name',
            field=models.TextField(blank=True, db_default='', default='', verbose_name='cleaned name'),
        ),
        migrations.AddField(
            model_name='offer',
            name='refill_days',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='refill within days'),
        ),
        migrations.AddField(
            model_name='offer',
            name='refill_first_hours',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='hours until the first refill'),
        ),
        migrations.AddField(
            model_name='offer',
            name='refill_hours',
            field=models.PositiveSmallIntegerField(null=True, verbose_name='hours between refills'),
        ),
        migrations.AddField(
            model_name='offer',
            name='refused_for',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('reviews', 'reviews and ratings'), ('votes', 'votes and polls'), ('accounts', 'sale of accounts'), ('dislikes', 'dislikes and reports'), ('charts', 'music charts'), ('ad_clicks', 'clicks on advertisements'), ('passwords', 'anything that asks for a password'), ('word', 'word'), ('domain', 'domain')], max_length=10), db_default=models.Value([], output_field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), size=None)), default=list, size=None, verbose_name='refused for'),
        ),
        migrations.AddField(
            model_name='service',
            name='refill_first_hours',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='hours until the first refill'),
        ),
        migrations.AlterField(
            model_name='service',
            name='off_reason',
            field=models.CharField(blank=True, choices=[('', 'on sale'), ('type_unknown', 'its type is not known'), ('overcharged', 'the provider charged more than expected'), ('withdrawn', 'the provider withdrew it'), ('quarantined', 'a change of its provider waits for approval'), ('price_check', 'its price is being checked'), ('refused', "not accepted by the shop's rules")], default='', max_length=20, verbose_name='state'),
        ),
        migrations.CreateModel(
            name='NameRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(choices=[('strip', 'take out words'), ('replace', 'replace words'), ('contacts', 'take out addresses and contacts'), ('emoji', 'take out emoji')], max_length=8, verbose_name='step')),
                ('text', models.CharField(blank=True, help_text='Case does not matter.', max_length=200, verbose_name='text')),
                ('replacement', models.CharField(blank=True, max_length=200, verbose_name='by')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='created')),
            ],
            options={
                'verbose_name': 'name rule',
                'verbose_name_plural': 'name rules',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('step__in', ['strip', 'replace']), models.Q(('text', ''), _negated=True)), models.Q(('replacement', ''), ('step__in', ['contacts', 'emoji']), ('text', '')), _connector='OR'), name='name_rule_has_its_text', violation_error_message='Words to strip or to replace need a text; contacts and emoji none.')],
            },
        ),
        migrations.CreateModel(
            name='RefusedText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('word', 'word'), ('domain', 'domain')], max_length=6, verbose_name='kind')),
                ('text', models.CharField(help_text='A word is found as a whole word; a domain with all that lies below it.', max_length=200, verbose_name='text')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='created')),
            ],
            options={
                'verbose_name': 'refused word or domain',
                'verbose_name_plural': 'refused words and domains',
                'constraints': [models.UniqueConstraint(fields=('kind', 'text'), name='refused_text_once', violation_error_message='This is refused already.'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='refused_text_is_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('refused_class', models.CharField(blank=True, choices=[('reviews', 'reviews and ratings'), ('votes', 'votes and polls'), ('accounts', 'sale of accounts'), ('dislikes', 'dislikes and reports'), ('charts', 'music charts'), ('ad_clicks', 'clicks on advertisements'), ('passwords', 'anything that asks for a password')], max_length=10, verbose_name='class')),
                ('statement', models.TextField(verbose_name='statement')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='time')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='withdrawn by')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='provider.service')),
            ],
            options={
                'verbose_name': 'acceptance',
                'verbose_name_plural': 'acceptances',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(models.Q(('refused_class', ''), _negated=True), ('service__isnull', True)), models.Q(('refused_class', ''), ('service__isnull', False)), _connector='OR'), name='acceptance_of_a_class_or_a_service'), models.CheckConstraint(condition=models.Q(('statement', ''), _negated=True), name='acceptance_has_a_statement'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='acceptance_is_ended_by_somebody'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('refused_class', 'service'), name='acceptance_once_at_a_time', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='CategoryMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upstream_name', models.CharField(max_length=300, verbose_name='upstream category')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='created')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mappings', to='provider.category')),
                ('provider', models.ForeignKey(blank=True, help_text='Empty: whoever names a category so, unless they have their own.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mappings', to='provider.provider')),
            ],
            options={
                'verbose_name': 'category mapping',
                'verbose_name_plural': 'category mappings',
                'constraints': [models.UniqueConstraint(fields=('provider', 'upstream_name'), name='category_mapping_one_per_name', nulls_distinct=False, violation_error_message='This category is mapped already.')],
            },
        ),
        migrations.CreateModel(
            name='Translation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(choices=[('en', 'English'), ('ko', 'Korean')], max_length=10, verbose_name='language')),
                ('field', models.CharField(choices=[('name', 'name'), ('description', 'description')], max_length=11, verbose_name='field')),
                ('text', models.TextField(verbose_name='text')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='translations', to='provider.category')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='translations', to='provider.service')),
            ],
            options={
                'verbose_name': 'translation',
                'verbose_name_plural': 'translations',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('category__isnull', True), ('service__isnull', False)), models.Q(('category__isnull', False), ('field', 'name'), ('service__isnull', True)), _connector='OR'), name='translation_of_a_service_or_a_category'), models.UniqueConstraint(fields=('service', 'category', 'language', 'field'), name='translation_once', nulls_distinct=False, violation_error_message='There is such a translation already.')],
            },
        ),
        migrations.RunSQL(KEEP_WINDOWS, migrations.RunSQL.noop),
        migrations.RunPython(judge_offers, migrations.RunPython.noop),
    ]
