"""Facts of an opening import in the order in which a page lists them."""

from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

from ledgers.models import OpeningFile, OpeningImport

register = template.Library()


@register.filter
def run_facts(run: OpeningImport, files: list[OpeningFile]) -> list[tuple[str, Any]]:
    """Return what a run is: its files by hash, its people and its dates."""
    proposal = run.proposal
    facts: list[tuple[str, Any]] = [
        (file.get_part_display(), f"{file.name} · SHA-256 {file.digest[:16]}…") for file in files
    ]
    facts += [
        ("Cut-over date", run.cut_over_date),
        ("Rows", intcomma(run.row_count)),
        ("Uploaded", run.uploaded_at),
        ("Uploaded by", run.uploaded_by.full_name),
        ("Proposed by", proposal.proposed_by.full_name if proposal else ""),
        ("Confirmed by", proposal.decided_by.full_name if proposal and proposal.decided_by else ""),
        ("Loaded", run.loaded_at),
    ]
    if run.deficits_accepted_by:
        facts.append(("Deficits accepted by", f"{run.deficits_accepted_by.full_name}: {run.deficits_reason}"))
    if run.rolled_back_at:
        facts.append(("Rolled back", run.rolled_back_at))
    return facts
