from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disbursements', '0015_drafts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='feeauthorization',
            name='fee_authorization_notice_until',
        ),
        migrations.AddField(
            model_name='feeauthorization',
            name='notice_days',
            field=models.PositiveSmallIntegerField(help_text='How long the client may object', null=True),
        ),
        migrations.AlterField(
            model_name='feeauthorization',
            name='notice_until',
            field=models.DateField(help_text='The last day on which the client may object; empty until the letter has left', null=True),
        ),
        migrations.AddConstraint(
            model_name='feeauthorization',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('condition', 'approval'), ('notice_days__isnull', True), ('notice_until__isnull', True)), models.Q(('condition', 'notice'), models.Q(('notice_days__isnull', False), ('notice_until__isnull', False), _connector='OR')), _connector='OR'), name='fee_authorization_notice_until'),
        ),
    ]
