"""The days on which the Federal Reserve is closed, 1990 to 2100.

The Federal Reserve's rule: a holiday on a Sunday is kept on Monday; one on a Saturday is not kept on the Friday before.
"""

import datetime

import holidays
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

YEARS = range(1990, 2101)


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write one row per closed day."""
    model = apps.get_model("firms", "BankHoliday")
    days: dict[datetime.date, str] = {}
    for day, name in holidays.country_holidays("US", years=YEARS, observed=False).items():
        sunday = day.isoweekday() == 7
        days[day + datetime.timedelta(days=sunday)] = f"{name} (kept on Monday)" if sunday else name
    model.objects.bulk_create([model(date=day, name=name) for day, name in sorted(days.items())])


class Migration(migrations.Migration):
    """Fill the bank calendar."""

    dependencies = [("firms", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
