"""What customers pay, roundings in three directions, and rates with a second thought."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import shop.money
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

# The SQL twin of shop.money.round_to. Noise is removed as shop_round_up removes it.
ROUND_TO = """
    CREATE FUNCTION shop_round_to(value numeric, step numeric, rounding text)
    RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE rounding
            WHEN 'up' THEN shop_round_up(value, step)
            WHEN 'down' THEN -shop_round_up(-value, step)
            ELSE -shop_round_up(-clean - step * 0.5, step)
        END
        FROM (SELECT shop_round_up(value, 0.0000000001) AS clean) AS cleaned
    $$
"""
# The SQL twin of provider.prices.pay: a price that somebody wants, not below the floor
# unless a lower margin was consented to.
PAYS = """
    CREATE FUNCTION shop_pays(
        price numeric, unit_cost numeric, floor numeric, wanted numeric,
        consent_margin numeric, step numeric
    ) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE
            WHEN wanted >= price THEN wanted
            WHEN unit_cost IS NULL OR floor IS NULL THEN price
            ELSE greatest(wanted, least(
                shop_round_up(floor, step),
                greatest(price, floor),
                CASE WHEN consent_margin IS NOT NULL
                     THEN shop_round_up(
                         unit_cost * (100 + consent_margin) * 0.01, step) END
            ))
        END
    $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('provider', '0007_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            ROUND_TO, "DROP FUNCTION shop_round_to(numeric, numeric, text)"
        ),
        migrations.RunSQL(
            PAYS,
            "DROP FUNCTION shop_pays"
            "(numeric, numeric, numeric, numeric, numeric, numeric)",
        ),
        migrations.AddField(
            model_name='exchangerate',
            name='by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddField(
            model_name='markuprule',
            name='rounding',
            field=models.CharField(choices=[('up', 'up'), ('down', 'down'), ('nearest', 'to the nearest')], db_default='up', default='up', help_text='Never below the minimum margin: such a price is rounded up.', max_length=7, verbose_name='rounded'),
        ),
        migrations.AddField(
            model_name='service',
            name='floor',
            field=shop.money.MoneyField(decimal_places=8, editable=False, max_digits=20, null=True, verbose_name='least price'),
        ),
        migrations.AddField(
            model_name='service',
            name='unit_cost',
            field=shop.money.RateField(decimal_places=20, editable=False, max_digits=30, null=True, verbose_name='cost'),
        ),
        migrations.AlterField(
            model_name='markuprule',
            name='step',
            field=shop.money.MoneyField(decimal_places=8, default=Decimal('0.00001'), max_digits=20, validators=[django.core.validators.MinValueValidator(Decimal('1E-8'))], verbose_name='rounded to a multiple of'),
        ),
        migrations.AlterField(
            model_name='service',
            name='off_reason',
            field=models.CharField(blank=True, choices=[('', 'on sale'), ('type_unknown', 'its type is not known'), ('overcharged', 'the provider charged more than expected'), ('withdrawn', 'the provider withdrew it'), ('quarantined', 'a change of its provider waits for approval'), ('rate_old', 'the rate of exchange is old'), ('price_check', 'its price is being checked'), ('refused', "not accepted by the shop's rules")], default='', max_length=20, verbose_name='state'),
        ),
        migrations.CreateModel(
            name='PriceGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consent_margin', models.DecimalField(blank=True, decimal_places=3, help_text='Prices may go down to the cost and this margin; below zero is a loss. Who writes a number here consents to that, by name. Empty: the minimum margin of the markup rule holds.', max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(Decimal('-99.999'))], verbose_name='margin consented to, percent')),
                ('consent_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='consented')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('discount', models.DecimalField(blank=True, decimal_places=3, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='discount, percent')),
                ('markup', models.DecimalField(blank=True, decimal_places=3, help_text='On the cost, instead of the markup rules.', max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(Decimal('1000'))], verbose_name='own markup, percent')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='created')),
                ('consent_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='consent by')),
            ],
            options={
                'verbose_name': 'price group',
                'verbose_name_plural': 'price groups',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CustomerTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consent_margin', models.DecimalField(blank=True, decimal_places=3, help_text='Prices may go down to the cost and this margin; below zero is a loss. Who writes a number here consents to that, by name. Empty: the minimum margin of the markup rule holds.', max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(Decimal('-99.999'))], verbose_name='margin consented to, percent')),
                ('consent_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='consented')),
                ('discount', models.DecimalField(blank=True, decimal_places=3, help_text='Instead of what the group pays. Empty: as the group pays.', max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='discount, percent')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='created')),
                ('consent_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='consent by')),
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to=settings.AUTH_USER_MODEL, verbose_name='customer')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='provider.pricegroup', verbose_name='price group')),
            ],
            options={
                'verbose_name': "customer's terms",
                'verbose_name_plural': "customers' terms",
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RateProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('base', models.CharField(max_length=3, verbose_name='from currency')),
                ('quote', models.CharField(max_length=3, verbose_name='to currency')),
                ('rate', shop.money.RateField(decimal_places=20, max_digits=30, verbose_name='rate')),
                ('before', shop.money.RateField(decimal_places=20, max_digits=30, verbose_name='rate before')),
                ('source', models.CharField(max_length=100, verbose_name='source')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='time')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('taken', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='provider.exchangerate', verbose_name='taken as')),
            ],
            options={
                'verbose_name': 'rate in question',
                'verbose_name_plural': 'rates in question',
            },
        ),
        migrations.CreateModel(
            name='SpecialPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consent_margin', models.DecimalField(blank=True, decimal_places=3, help_text='Prices may go down to the cost and this margin; below zero is a loss. Who writes a number here consents to that, by name. Empty: the minimum margin of the markup rule holds.', max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(Decimal('-99.999'))], verbose_name='margin consented to, percent')),
                ('consent_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='consented')),
                ('price', shop.money.MoneyField(decimal_places=8, help_text="Per 1,000, or per package; in the shop's currency.", max_digits=20, validators=[django.core.validators.MinValueValidator(Decimal('1E-8'))], verbose_name='price')),
                ('until_date', models.DateField(blank=True, help_text='The last day on which it holds. Empty: for ever.', null=True, verbose_name='until')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='created')),
                ('consent_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='consent by')),
                ('customer', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='special_prices', to=settings.AUTH_USER_MODEL, verbose_name='customer')),
                ('group', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='special_prices', to='provider.pricegroup', verbose_name='price group')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='special_prices', to='provider.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'special price',
                'verbose_name_plural': 'special prices',
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='pricegroup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('consent_at__isnull', True), ('consent_by__isnull', True), ('consent_margin__isnull', True)), models.Q(('consent_at__isnull', False), ('consent_by__isnull', False), ('consent_margin__gt', -100), ('consent_margin__isnull', False)), _connector='OR'), name='pricegroup_consent_is_whole', violation_error_message='The margin is above −100 %.'),
        ),
        migrations.AddConstraint(
            model_name='pricegroup',
            constraint=models.CheckConstraint(condition=models.Q(('discount__isnull', True), ('markup__isnull', True), _connector='OR'), name='price_group_discount_or_markup', violation_error_message='A discount or a markup, not both.'),
        ),
        migrations.AddConstraint(
            model_name='pricegroup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('discount__isnull', True), models.Q(('discount__gte', 0), ('discount__lte', 100)), _connector='OR'), models.Q(('markup__isnull', True), models.Q(('markup__gte', 0), ('markup__lte', Decimal('1000'))), _connector='OR')), name='price_group_percent_in_bounds'),
        ),
        migrations.AddConstraint(
            model_name='customerterms',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('consent_at__isnull', True), ('consent_by__isnull', True), ('consent_margin__isnull', True)), models.Q(('consent_at__isnull', False), ('consent_by__isnull', False), ('consent_margin__gt', -100), ('consent_margin__isnull', False)), _connector='OR'), name='customerterms_consent_is_whole', violation_error_message='The margin is above −100 %.'),
        ),
        migrations.AddConstraint(
            model_name='customerterms',
            constraint=models.CheckConstraint(condition=models.Q(('discount__isnull', True), models.Q(('discount__gte', 0), ('discount__lte', 100)), _connector='OR'), name='customer_terms_discount_in_bounds'),
        ),
        migrations.AddConstraint(
            model_name='rateproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('base', 'quote'), name='rate_proposal_one_open'),
        ),
        migrations.AddConstraint(
            model_name='rateproposal',
            constraint=models.CheckConstraint(condition=models.Q(('before__gt', 0), ('rate__gt', 0)), name='rate_proposal_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='rateproposal',
            constraint=models.CheckConstraint(condition=models.Q(('taken__isnull', True), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False)), _connector='OR'), name='rate_proposal_taken_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='specialprice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('consent_at__isnull', True), ('consent_by__isnull', True), ('consent_margin__isnull', True)), models.Q(('consent_at__isnull', False), ('consent_by__isnull', False), ('consent_margin__gt', -100), ('consent_margin__isnull', False)), _connector='OR'), name='specialprice_consent_is_whole', violation_error_message='The margin is above −100 %.'),
        ),
        migrations.AddConstraint(
            model_name='specialprice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('customer__isnull', True), ('group__isnull', False)), models.Q(('customer__isnull', False), ('group__isnull', True)), _connector='OR'), name='special_price_for_one_customer_or_group', violation_error_message='Choose a customer or a group, not both.'),
        ),
        migrations.AddConstraint(
            model_name='specialprice',
            constraint=models.UniqueConstraint(fields=('customer', 'service'), name='special_price_one_per_customer', violation_error_message='There is a special price for this already.'),
        ),
        migrations.AddConstraint(
            model_name='specialprice',
            constraint=models.UniqueConstraint(fields=('group', 'service'), name='special_price_one_per_group', violation_error_message='There is a special price for this already.'),
        ),
        migrations.AddConstraint(
            model_name='specialprice',
            constraint=models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='special_price_above_zero'),
        ),
    ]
