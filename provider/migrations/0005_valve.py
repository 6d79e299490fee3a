"""Quarantine, decisions and undo of catalogue runs, and the log of services' changes."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import shop.money

# What is sold has a state: empty on sale, "off" where staff have switched it off, else
# the shop's own reason. A statement that changes states or prices is logged as one set,
# however many rows it wrote, and whoever wrote it. "new" is what was never on sale.
# The plan of a function is made once, often for one row, and kept: without nested loops
# it serves ten thousand as well. More than 5 alike of a category are a batch; where a statement did it to more than 20,
# each category is one, and where that were more than 20 batches, all are one.
HAPPENED = """
    , happened AS (
        SELECT id, category_id,
               CASE WHEN new_price > old_price THEN 'price_up'
                    ELSE 'price_down' END AS kind,
               old_price, new_price, state, was = '' OR state = '' AS public
        FROM moved WHERE old_price <> new_price
        UNION ALL
        SELECT id, category_id,
               CASE WHEN state = 'withdrawn' THEN 'withdrawn'
                    WHEN state <> '' THEN 'paused'
                    WHEN EXISTS (SELECT FROM provider_servicechange earlier
                                 WHERE earlier.service_id = moved.id AND earlier.public)
                    THEN 'resumed'
                    ELSE 'new' END,
               NULL, new_price, state, was = '' OR state = ''
        FROM moved WHERE was <> state
    ), numbered AS MATERIALIZED (
        SELECT nextval(pg_get_serial_sequence('provider_servicechange', 'id')) AS no,
               happened.*
        FROM happened
    )
    INSERT INTO provider_servicechange (
        id, service_id, kind, old_price, new_price, state, public, batch, size, across,
        reason, run_id, by_id)
    SELECT no, id, kind, old_price, new_price, state, public,
           CASE WHEN wide THEN first_of_kind WHEN narrow THEN first_of_shelf
                ELSE no END,
           CASE WHEN wide THEN of_kind WHEN narrow THEN of_shelf ELSE 1 END,
           wide,
           left(coalesce(current_setting('magpie.reason', true), ''), 60),
           nullif(current_setting('magpie.run', true), '')::bigint,
           nullif(current_setting('magpie.by', true), '')::bigint
    FROM (
        SELECT counted.*, of_kind > 20 AND shelves > 20 AS wide,
               of_kind > 20 OR of_shelf > 5 AS narrow
        FROM (
            SELECT ranked.*,
                   max(shelf) OVER kinds AS shelves,
                   count(*) OVER kinds AS of_kind, min(no) OVER kinds AS first_of_kind,
                   count(*) OVER same AS of_shelf, min(no) OVER same AS first_of_shelf
            FROM (
                SELECT numbered.*,
                       dense_rank() OVER (PARTITION BY kind, public
                                          ORDER BY category_id) AS shelf
                FROM numbered
            ) AS ranked
            WINDOW kinds AS (PARTITION BY kind, public),
                   same AS (PARTITION BY kind, public, category_id)
        ) AS counted
    ) AS grouped;
"""
LOG_UPDATES = f"""
    CREATE FUNCTION shop_log_updated_services() RETURNS trigger
    LANGUAGE plpgsql SET enable_nestloop = off AS $$ BEGIN
    WITH moved AS MATERIALIZED (
        SELECT after.id, after.category_id,
               before.price AS old_price, after.price AS new_price,
               CASE WHEN before.active THEN before.off_reason ELSE 'off' END AS was,
               CASE WHEN after.active THEN after.off_reason ELSE 'off' END AS state
        FROM rows_after after JOIN rows_before before ON before.id = after.id
        WHERE (after.price, after.active, after.off_reason)
              IS DISTINCT FROM (before.price, before.active, before.off_reason)
    ){HAPPENED}
    RETURN NULL; END $$;
    CREATE TRIGGER service_changes_updated AFTER UPDATE ON provider_service
        REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
        FOR EACH STATEMENT EXECUTE FUNCTION shop_log_updated_services();
"""  # noqa: S608 - both parts are constants of ours
LOG_INSERTS = f"""
    CREATE FUNCTION shop_log_inserted_services() RETURNS trigger
    LANGUAGE plpgsql AS $$ BEGIN
    WITH moved AS MATERIALIZED (
        SELECT after.id, after.category_id, NULL::numeric AS old_price,
               after.price AS new_price, 'off' AS was, '' AS state
        FROM rows_after after WHERE after.active AND after.off_reason = ''
    ){HAPPENED}
    RETURN NULL; END $$;
    CREATE TRIGGER service_changes_inserted AFTER INSERT ON provider_service
        REFERENCING NEW TABLE AS rows_after
        FOR EACH STATEMENT EXECUTE FUNCTION shop_log_inserted_services();
"""  # noqa: S608
UNLOG = """
    DROP TRIGGER service_changes_updated ON provider_service;
    DROP TRIGGER service_changes_inserted ON provider_service;
    DROP FUNCTION shop_log_updated_services();
    DROP FUNCTION shop_log_inserted_services();
"""
# A fixed price was always set by hand; from now on it says so.
FIXED_BY_HAND = """
    UPDATE provider_service SET set_by_hand = array_append(set_by_hand, 'fixed_price')
    WHERE fixed_price IS NOT NULL AND NOT 'fixed_price' = ANY(set_by_hand)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('provider', '0004_tracking'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('new', 'new'), ('changed', 'changed'), ('returned', 'returned'), ('gone', 'gone'), ('quarantined', 'quarantined')], max_length=11, verbose_name='kind')),
                ('oddity', models.CharField(blank=True, choices=[('zero', 'the price went to zero'), ('type', 'the type changed'), ('rise', 'the price jumped up'), ('fall', 'the price jumped down')], default='', max_length=4, verbose_name='what is odd')),
                ('upstream_id', models.CharField(max_length=64, verbose_name='upstream id')),
                ('name', models.TextField(verbose_name='name')),
                ('category', models.TextField(blank=True, verbose_name='category')),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None, verbose_name='changed')),
                ('old_rate', shop.money.RateField(decimal_places=20, max_digits=30, null=True, verbose_name='rate before')),
                ('new_rate', shop.money.RateField(decimal_places=20, max_digits=30, null=True, verbose_name='rate after')),
                ('old_type', models.CharField(blank=True, choices=[('default', 'Default'), ('package', 'Package'), ('custom_comments', 'Custom Comments'), ('custom_comments_package', 'Custom Comments Package'), ('mentions', 'Mentions'), ('mentions_with_hashtags', 'Mentions with Hashtags'), ('mentions_custom_list', 'Mentions Custom List'), ('mentions_hashtag', 'Mentions Hashtag'), ('mentions_user_followers', 'Mentions User Followers'), ('mentions_media_likers', 'Mentions Media Likers'), ('comment_likes', 'Comment Likes'), ('comment_replies', 'Comment Replies'), ('poll', 'Poll'), ('invites_from_groups', 'Invites from Groups'), ('seo', 'SEO'), ('web_traffic', 'Web Traffic'), ('subscriptions', 'Subscriptions')], max_length=30, verbose_name='type before')),
                ('new_type', models.CharField(blank=True, choices=[('default', 'Default'), ('package', 'Package'), ('custom_comments', 'Custom Comments'), ('custom_comments_package', 'Custom Comments Package'), ('mentions', 'Mentions'), ('mentions_with_hashtags', 'Mentions with Hashtags'), ('mentions_custom_list', 'Mentions Custom List'), ('mentions_hashtag', 'Mentions Hashtag'), ('mentions_user_followers', 'Mentions User Followers'), ('mentions_media_likers', 'Mentions Media Likers'), ('comment_likes', 'Comment Likes'), ('comment_replies', 'Comment Replies'), ('poll', 'Poll'), ('invites_from_groups', 'Invites from Groups'), ('seo', 'SEO'), ('web_traffic', 'Web Traffic'), ('subscriptions', 'Subscriptions')], max_length=30, verbose_name='type after')),
                ('move', models.FloatField(null=True)),
                ('old', models.JSONField(null=True)),
            ],
            options={
                'verbose_name': 'difference',
                'verbose_name_plural': 'differences',
            },
        ),
        migrations.CreateModel(
            name='KeptCatalogue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('body', models.BinaryField()),
                ('size', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': 'kept catalogue',
                'verbose_name_plural': 'kept catalogues',
            },
        ),
        migrations.CreateModel(
            name='Quarantine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('oddity', models.CharField(choices=[('zero', 'the price went to zero'), ('type', 'the type changed'), ('rise', 'the price jumped up'), ('fall', 'the price jumped down')], max_length=4, verbose_name='what is odd')),
                ('old_rate', shop.money.RateField(decimal_places=20, max_digits=30, verbose_name='rate before')),
                ('new_rate', shop.money.RateField(decimal_places=20, max_digits=30, verbose_name='rate after')),
                ('old_type', models.CharField(blank=True, choices=[('default', 'Default'), ('package', 'Package'), ('custom_comments', 'Custom Comments'), ('custom_comments_package', 'Custom Comments Package'), ('mentions', 'Mentions'), ('mentions_with_hashtags', 'Mentions with Hashtags'), ('mentions_custom_list', 'Mentions Custom List'), ('mentions_hashtag', 'Mentions Hashtag'), ('mentions_user_followers', 'Mentions User Followers'), ('mentions_media_likers', 'Mentions Media Likers'), ('comment_likes', 'Comment Likes'), ('comment_replies', 'Comment Replies'), ('poll', 'Poll'), ('invites_from_groups', 'Invites from Groups'), ('seo', 'SEO'), ('web_traffic', 'Web Traffic'), ('subscriptions', 'Subscriptions')], max_length=30, verbose_name='type before')),
                ('new_type', models.CharField(blank=True, choices=[('default', 'Default'), ('package', 'Package'), ('custom_comments', 'Custom Comments'), ('custom_comments_package', 'Custom Comments Package'), ('mentions', 'Mentions'), ('mentions_with_hashtags', 'Mentions with Hashtags'), ('mentions_custom_list', 'Mentions Custom List'), ('mentions_hashtag', 'Mentions Hashtag'), ('mentions_user_followers', 'Mentions User Followers'), ('mentions_media_likers', 'Mentions Media Likers'), ('comment_likes', 'Comment Likes'), ('comment_replies', 'Comment Replies'), ('poll', 'Poll'), ('invites_from_groups', 'Invites from Groups'), ('seo', 'SEO'), ('web_traffic', 'Web Traffic'), ('subscriptions', 'Subscriptions')], max_length=30, verbose_name='type after')),
                ('verdict', models.CharField(blank=True, choices=[('', 'waits'), ('approved', 'approved'), ('rejected', 'rejected'), ('itself', 'it came back by itself'), ('superseded', 'another value came')], default='', max_length=10, verbose_name='answer')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='asked')),
            ],
            options={
                'verbose_name': 'quarantined change',
                'verbose_name_plural': 'quarantined changes',
            },
        ),
        migrations.CreateModel(
            name='ServiceChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('new', 'new'), ('resumed', 'available again'), ('price_up', 'price up'), ('price_down', 'price down'), ('paused', 'paused'), ('withdrawn', 'withdrawn')], max_length=10, verbose_name='what happened')),
                ('old_price', shop.money.MoneyField(decimal_places=8, max_digits=20, null=True, verbose_name='price before')),
                ('new_price', shop.money.MoneyField(decimal_places=8, max_digits=20, null=True, verbose_name='price after')),
                ('state', models.CharField(blank=True, max_length=20, verbose_name='state')),
                ('public', models.BooleanField(verbose_name='customers could notice')),
                ('batch', models.BigIntegerField()),
                ('size', models.PositiveIntegerField(verbose_name='services')),
                ('across', models.BooleanField(default=False, verbose_name='of several categories')),
                ('reason', models.CharField(blank=True, choices=[('', 'not named'), ('reading', "the provider's catalogue"), ('approval', 'an approved catalogue'), ('undo', 'an undone catalogue'), ('verdict', 'the answer to a quarantined change'), ('rule', 'a markup rule'), ('rate', 'a rate of exchange'), ('hand', 'set by hand'), ('route', 'bought elsewhere'), ('overcharged', 'charged more than expected')], max_length=60, verbose_name='reason')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='time')),
            ],
            options={
                'verbose_name': 'service change',
                'verbose_name_plural': 'service changes',
            },
        ),
        migrations.AddField(
            model_name='provider',
            name='currency_told',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=3),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='cause',
            field=models.CharField(choices=[('reading', 'the catalogue was read'), ('approval', 'a stopped run was approved'), ('undo', 'a run was undone')], db_default='reading', default='reading', max_length=10, verbose_name='what for'),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='decided_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='decided'),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by'),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='decision',
            field=models.CharField(blank=True, choices=[('', 'waits, or asks nothing'), ('approved', 'approved'), ('rejected', 'rejected'), ('outdated', 'a later run was applied')], db_default='', default='', max_length=10, verbose_name='decision'),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='digest',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='origin',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='provider.syncrun'),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='quarantined',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='quarantined'),
        ),
        migrations.AddField(
            model_name='syncrun',
            name='repeats',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='provider.syncrun', verbose_name='asks the same as'),
        ),
        migrations.AlterField(
            model_name='service',
            name='off_reason',
            field=models.CharField(blank=True, choices=[('', 'on sale'), ('type_unknown', 'its type is not known'), ('overcharged', 'the provider charged more than expected'), ('withdrawn', 'the provider withdrew it'), ('quarantined', 'a change of its provider waits for approval'), ('price_check', 'its price is being checked')], default='', max_length=20, verbose_name='state'),
        ),
        migrations.AddIndex(
            model_name='syncrun',
            index=models.Index(condition=models.Q(('outcome', 'applied')), fields=['provider', '-id'], name='sync_run_applied'),
        ),
        migrations.AddConstraint(
            model_name='syncrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decision', '')), models.Q(models.Q(('decision', ''), _negated=True), ('decided_at__isnull', False), ('outcome', 'stopped')), _connector='OR'), name='sync_run_only_a_stopped_one_is_decided'),
        ),
        migrations.AddField(
            model_name='difference',
            name='run',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='differences', to='provider.syncrun'),
        ),
        migrations.AddField(
            model_name='keptcatalogue',
            name='run',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='catalogue', to='provider.syncrun'),
        ),
        migrations.AddField(
            model_name='quarantine',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by'),
        ),
        migrations.AddField(
            model_name='quarantine',
            name='ended_run',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='provider.syncrun'),
        ),
        migrations.AddField(
            model_name='quarantine',
            name='offer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='quarantines', to='provider.offer'),
        ),
        migrations.AddField(
            model_name='quarantine',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='quarantines', to='provider.syncrun'),
        ),
        migrations.AddField(
            model_name='servicechange',
            name='by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='servicechange',
            name='run',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='changes', to='provider.syncrun'),
        ),
        migrations.AddField(
            model_name='servicechange',
            name='service',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='provider.service'),
        ),
        migrations.AddIndex(
            model_name='difference',
            index=models.Index(fields=['run', 'kind', 'id'], name='difference_by_kind'),
        ),
        migrations.AddIndex(
            model_name='difference',
            index=models.Index(condition=models.Q(('move__isnull', False)), fields=['run', '-move'], name='difference_by_move'),
        ),
        migrations.AddIndex(
            model_name='quarantine',
            index=models.Index(fields=['offer', '-id'], name='quarantine_history'),
        ),
        migrations.AddIndex(
            model_name='quarantine',
            index=models.Index(condition=models.Q(('verdict', '')), fields=['id'], name='quarantine_waiting'),
        ),
        migrations.AddConstraint(
            model_name='quarantine',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('offer',), name='quarantine_one_per_offer'),
        ),
        migrations.AddConstraint(
            model_name='quarantine',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('verdict', '')), models.Q(models.Q(('verdict', ''), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='quarantine_answer_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='quarantine',
            constraint=models.CheckConstraint(condition=models.Q(('verdict', 'rejected'), models.Q(('ended_at__isnull', True), ('verdict', '')), models.Q(models.Q(('verdict', ''), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='quarantine_only_a_rejected_one_stands'),
        ),
        migrations.AddIndex(
            model_name='servicechange',
            index=models.Index(fields=['service', '-id'], name='service_change_history'),
        ),
        migrations.AddIndex(
            model_name='servicechange',
            index=models.Index(condition=models.Q(('batch', models.F('id')), ('public', True)), fields=['-id'], name='service_change_updates'),
        ),
        migrations.AddIndex(
            model_name='servicechange',
            index=models.Index(fields=['batch', '-id'], name='service_change_batch'),
        ),
        migrations.AddIndex(
            model_name='servicechange',
            index=models.Index(condition=models.Q(('run__isnull', False)), fields=['run'], name='service_change_run'),
        ),
        migrations.RunSQL(LOG_UPDATES + LOG_INSERTS, UNLOG),
        migrations.RunSQL(FIXED_BY_HAND, migrations.RunSQL.noop),
    ]
