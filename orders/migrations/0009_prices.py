"""What somebody consented to when an order was priced below the service's least."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0008_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='consent_by',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='consent by'),
        ),
        migrations.AddField(
            model_name='order',
            name='consent_margin',
            field=models.DecimalField(decimal_places=3, editable=False, max_digits=8, null=True, verbose_name='margin consented to, percent'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('consent_by__isnull', True), ('consent_margin__isnull', True)), models.Q(('consent_by__isnull', False), ('consent_margin__gt', -100), ('consent_margin__isnull', False)), _connector='OR'), name='order_consent_is_whole'),
        ),
    ]
