import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('disbursements', '0018_notice_address'),
        ('firms', '0007_fees_distributed_by_hand'),
    ]

    operations = [
        migrations.CreateModel(
            name='SettledOtherwiseTakenBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=500)),
                ('at', models.DateTimeField()),
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='firms.proposal')),
                ('settled', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='taken_back', to='disbursements.settledotherwise')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='taken_back_says_why')],
            },
        ),
    ]
