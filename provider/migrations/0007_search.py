"""Search: the catalogue's words, and a narrow copy of its services that triggers keep.

Why so: docs/adr/0010-search-reads-a-narrow-copy.md.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import shop.money
from django.conf import settings
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations, models


# Letters without case, accents, width or fancy alphabets; Hangul is put together again.
SEARCH_TEXT = r"""
    CREATE FUNCTION shop_search_text(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN octet_length(value) = length(value) THEN lower(value)
        ELSE lower(normalize(regexp_replace(
            normalize(value, NFKD),
            '[\u0300-\u036f\ufe0e\ufe0f\u200b-\u200d]', '', 'g'
        ), NFC)) END
    $$
"""
# Brackets and dashes part words; marks that mean something (%, +, #) stay in them.
SEARCH_WORDS = """
    CREATE FUNCTION shop_words_in(search_text text) RETURNS SETOF text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 12 AS $$
        SELECT left(word, 64)
        FROM string_to_table(
            translate(
                search_text,
                '[](){}<>|,;:·•~"''/!?-–—' || chr(9) || chr(10) || chr(13) || chr(160),
                repeat(' ', 40)
            ), ' '
        ) AS word
        WHERE word <> ''
    $$
"""
# Few statements for all of them, however many they are. A word that two imports bring at
# once is written by one and waited for by the other; in the order of the words, so that
# they do not wait for each other.
LIST_SERVICES = """
    CREATE FUNCTION shop_list_services(chosen bigint[]) RETURNS void
    LANGUAGE sql
    -- How many are chosen cannot be known when this is planned.
    SET enable_nestloop = off
    AS $$
        WITH named AS MATERIALIZED (
            SELECT id, category_id, active, off_reason, price, type, refill, cancel,
                dripfeed, name
            FROM provider_service AS service WHERE service.id = ANY (chosen)
        ), used AS MATERIALIZED (
            SELECT id, spelt
            FROM (
                SELECT id, name FROM named
                UNION ALL
                SELECT service_id, text FROM provider_translation
                WHERE service_id = ANY (chosen) AND field = 'name'
            ) AS called, string_to_table(name, ' ') AS spelt
        ), shelf AS MATERIALIZED (
            SELECT id, spelt
            FROM (
                SELECT id, name FROM provider_category
                UNION ALL
                SELECT category_id, text FROM provider_translation
                WHERE category_id IS NOT NULL
            ) AS called, string_to_table(name, ' ') AS spelt
            WHERE id IN (SELECT category_id FROM named)
        ), spelling AS MATERIALIZED (
            -- Many names, but few words: each of those is read once.
            SELECT spelt, text
            FROM (SELECT spelt FROM used UNION SELECT spelt FROM shelf) AS once,
                shop_words_in(shop_search_text(spelt)) AS text
        ), wanted AS MATERIALIZED (
            SELECT DISTINCT text FROM spelling
        ), added AS (
            INSERT INTO provider_word (text)
            SELECT text FROM wanted
            WHERE NOT EXISTS (
                SELECT FROM provider_word WHERE provider_word.text = wanted.text)
            ORDER BY text
            ON CONFLICT (text) DO UPDATE SET text = excluded.text
            RETURNING id, text
        ), known AS MATERIALIZED (
            SELECT spelling.spelt, word.id
            FROM (
                SELECT id, text FROM provider_word UNION ALL SELECT id, text FROM added
            ) AS word
            JOIN spelling USING (text)
        ), its_own AS (
            SELECT used.id, array_agg(known.id) AS words
            FROM used JOIN known USING (spelt) GROUP BY used.id
        ), its_shelfs AS (
            SELECT shelf.id, array_agg(known.id) AS words
            FROM shelf JOIN known USING (spelt) GROUP BY shelf.id
        )
        INSERT INTO provider_listing (
            service_id, category_id, position, on_sale, price, type, refill, cancel,
            dripfeed, sort_name, words)
        SELECT
            named.id, category.id, category.position,
            named.active AND named.off_reason = '', named.price, named.type,
            named.refill, named.cancel, named.dripfeed,
            left(lower(regexp_replace(left(named.name, 80), '^[^[:alnum:]]+', '')), 40),
            uniq(sort(coalesce(its_own.words, '{}') || coalesce(its_shelfs.words, '{}')))
        FROM named
        JOIN provider_category AS category ON category.id = named.category_id
        LEFT JOIN its_own ON its_own.id = named.id
        LEFT JOIN its_shelfs ON its_shelfs.id = category.id
        ON CONFLICT (service_id) DO UPDATE SET
            category_id = excluded.category_id, position = excluded.position,
            on_sale = excluded.on_sale, price = excluded.price, type = excluded.type,
            refill = excluded.refill, cancel = excluded.cancel,
            dripfeed = excluded.dripfeed, sort_name = excluded.sort_name,
            words = excluded.words
    $$
"""
AFTER_INSERT = """
    CREATE FUNCTION shop_list_new_services() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM shop_list_services(array_agg(id)) FROM written HAVING count(*) > 0;
        RETURN NULL;
    END $$;
    CREATE TRIGGER list_new_services AFTER INSERT ON provider_service
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION shop_list_new_services()
"""
AFTER_UPDATE = """
    CREATE FUNCTION shop_list_changed_services() RETURNS trigger LANGUAGE plpgsql
    -- All of a catalogue may have changed: nobody knows how many rows the tables hold.
    SET enable_nestloop = off
    AS $$
    DECLARE
        renamed bigint[];
    BEGIN
        UPDATE provider_listing AS listing SET
            on_sale = written.active AND written.off_reason = '',
            price = written.price, type = written.type, refill = written.refill,
            cancel = written.cancel, dripfeed = written.dripfeed
        FROM written JOIN replaced USING (id)
        WHERE listing.service_id = written.id
          AND (written.active, written.off_reason, written.price, written.type,
               written.refill, written.cancel, written.dripfeed)
              IS DISTINCT FROM
              (replaced.active, replaced.off_reason, replaced.price, replaced.type,
               replaced.refill, replaced.cancel, replaced.dripfeed);

        SELECT array_agg(written.id) INTO renamed
        FROM written JOIN replaced USING (id)
        WHERE (written.name, written.category_id)
              IS DISTINCT FROM (replaced.name, replaced.category_id);
        IF renamed IS NOT NULL THEN
            PERFORM shop_list_services(renamed);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER list_changed_services AFTER UPDATE ON provider_service
    REFERENCING NEW TABLE AS written OLD TABLE AS replaced
    FOR EACH STATEMENT EXECUTE FUNCTION shop_list_changed_services()
"""
AFTER_DELETE = """
    CREATE FUNCTION shop_unlist_services() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM provider_listing USING removed WHERE service_id = removed.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER unlist_services AFTER DELETE ON provider_service
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION shop_unlist_services()
"""
AFTER_CATEGORY = """
    CREATE FUNCTION shop_list_category() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM shop_list_services(array_agg(service.id))
        FROM provider_service AS service
        JOIN written ON written.id = service.category_id
        JOIN replaced ON replaced.id = written.id
        WHERE (written.name, written.position)
              IS DISTINCT FROM (replaced.name, replaced.position)
        HAVING count(*) > 0;
        RETURN NULL;
    END $$;
    CREATE TRIGGER list_category AFTER UPDATE ON provider_category
    REFERENCING NEW TABLE AS written OLD TABLE AS replaced
    FOR EACH STATEMENT EXECUTE FUNCTION shop_list_category()
"""
TRANSLATED = """
    CREATE FUNCTION shop_list_translated() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM shop_list_services(array_agg(DISTINCT service.id))
        FROM provider_service AS service
        JOIN written ON written.service_id = service.id AND written.field = 'name'
            OR written.category_id = service.category_id
        HAVING count(*) > 0;
        RETURN NULL;
    END $$;
    CREATE TRIGGER list_added_translation AFTER INSERT ON provider_translation
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION shop_list_translated();
    CREATE TRIGGER list_changed_translation AFTER UPDATE ON provider_translation
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION shop_list_translated();
    CREATE TRIGGER list_removed_translation AFTER DELETE ON provider_translation
    REFERENCING OLD TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION shop_list_translated()
"""
# A new price is written into the row's own page, past the index of words.
ROOM = "ALTER TABLE provider_listing SET (fillfactor = 80)"
FILL = "SELECT shop_list_services(array_agg(id)) FROM provider_service HAVING count(*) > 0"
REMOVE_TRIGGERS = """
    DROP TRIGGER list_new_services ON provider_service;
    DROP TRIGGER list_changed_services ON provider_service;
    DROP TRIGGER unlist_services ON provider_service;
    DROP TRIGGER list_category ON provider_category;
    DROP TRIGGER list_added_translation ON provider_translation;
    DROP TRIGGER list_changed_translation ON provider_translation;
    DROP TRIGGER list_removed_translation ON provider_translation;
    DROP FUNCTION shop_list_new_services, shop_list_changed_services,
        shop_unlist_services, shop_list_category, shop_list_translated
"""
REMOVE_LISTING = "DROP FUNCTION shop_list_services"
REMOVE_WORDS = "DROP FUNCTION shop_words_in, shop_search_text"


class Migration(migrations.Migration):

    dependencies = [
        ('provider', '0006_publishing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateExtension("intarray"),
        migrations.RunSQL(
            [SEARCH_TEXT, SEARCH_WORDS], REMOVE_WORDS
        ),
        migrations.CreateModel(
            name='Word',
            fields=[
                ('id', models.AutoField(primary_key=True, serialize=False)),
                ('text', models.TextField(db_collation='C', unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='Favourite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='created')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to=settings.AUTH_USER_MODEL, verbose_name='customer')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to='provider.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'favourite',
                'verbose_name_plural': 'favourites',
                'constraints': [models.UniqueConstraint(fields=('customer', 'service'), name='favourite_once_per_service')],
            },
        ),
        migrations.CreateModel(
            name='Listing',
            fields=[
                ('service', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='provider.service')),
                ('position', models.PositiveIntegerField()),
                ('on_sale', models.BooleanField()),
                ('price', shop.money.MoneyField(decimal_places=8, max_digits=20, null=True)),
                ('type', models.CharField(max_length=30)),
                ('refill', models.BooleanField()),
                ('cancel', models.BooleanField()),
                ('dripfeed', models.BooleanField()),
                ('sort_name', models.TextField(db_collation='C')),
                ('speed', models.PositiveIntegerField(null=True)),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('category', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to='provider.category')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('on_sale', True)), fields=['position', 'category', 'service'], name='listing_in_order'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(models.F('words'), name='gin__int_ops'), name='listing_words')],
            },
        ),
        migrations.RunSQL([LIST_SERVICES, ROOM, FILL], REMOVE_LISTING),
        migrations.RunSQL(
            [AFTER_INSERT, AFTER_UPDATE, AFTER_DELETE, AFTER_CATEGORY, TRANSLATED],
            REMOVE_TRIGGERS,
        ),
    ]
