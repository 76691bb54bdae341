"""Payer, payee and reference are found by any part of them: a trigram index (pg_trgm, a trusted extension)."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """Add the extension and the index."""

    dependencies = [("ledgers", "0003_opening")]
    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            "entrytext",
            GinIndex(
                fields=["party", "reference"], opclasses=["gin_trgm_ops", "gin_trgm_ops"], name="entry_text_anywhere"
            ),
        ),
    ]
