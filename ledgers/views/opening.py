"""The opening import as a sequence of pages; every stage can be left and come back to."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from firms.access import Capability, person_of, requires, roles_of
from firms.models import Role
from firms.pages import refused_by
from firms.proposals import waiting_for
from firms.refusals import Refusal
from ledgers.forms.opening import MappingForm, ReasonForm, UploadForm
from ledgers.models import OpeningImport
from ledgers.opening import approval, runs, undoing
from ledgers.opening.progress import progress_of
from ledgers.opening.proof import ClientProofs, account_proofs
from ledgers.queries.opening import STEP_OF, STEPS, files_of, import_list, problems_of, roll_back_waiting
from ledgers.reports.opening import PROBLEMS_SHEET, PROOF_SHEET
from ledgers.views.answers import page_of
from ledgers.views.files import as_csv, export, record_export
from ledgers.views.saving import WRITING

READERS = (Role.COORDINATOR, Role.SUPERVISOR, Role.PARTNER, Role.AUDITOR)


@requires(*READERS)
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """List the imports."""
    return render(request, "ledgers/imports.html", {"page": page_of(request, import_list())})


@requires(Capability.IMPORT_BOOKS)
@require_http_methods(WRITING)
def import_new(request: HttpRequest) -> HttpResponse:
    """Take the files."""
    form = UploadForm(request.POST or None, request.FILES or None) if request.method == "POST" else UploadForm()
    context = {"form": form, "steps": STEPS, "current": 1}
    if request.method != "POST" or not form.is_valid():
        return render(request, "ledgers/import_new.html", context, status=422 if form.is_bound else 200)
    balances, outstanding = form.sent()
    try:
        run = runs.upload(person_of(request), balances, outstanding)
    except Refusal as refusal:
        return render(request, "ledgers/import_new.html", {**context, "refusal": refusal}, status=409)
    return redirect("import_map", run.pk)


def run_of(run_id: int) -> OpeningImport:
    """Return a run, or answer 404."""
    return get_object_or_404(import_list().select_related("deficits_accepted_by"), pk=run_id)


@requires(Capability.IMPORT_BOOKS)
@require_http_methods(WRITING)
def import_map(request: HttpRequest, run_id: int) -> HttpResponse:
    """Choose the columns, the cut-over date, and type what the bank says; then check."""
    run = run_of(run_id)
    form = MappingForm(run, request.POST) if request.method == "POST" else MappingForm(run)
    context = {"run": run, "form": form, "steps": STEPS, "current": 2}
    if request.method != "POST" or not form.is_valid():
        return render(request, "ledgers/import_map.html", context, status=422 if form.is_bound else 200)
    try:
        runs.map_columns(run.pk, form.mapping(), form.cleaned_data["cut_over_date"], form.statements())
        approval.begin_check(run.pk)
    except Refusal as refusal:
        return render(request, "ledgers/import_map.html", {**context, "refusal": refusal}, status=409)
    return redirect("import", run.pk)


@requires(*READERS)
@require_GET
def import_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show where a run stands, what is wrong with it, and what to do next."""
    return show_run(request, run_of(run_id))


def show_run(request: HttpRequest, run: OpeningImport, refusal: Refusal | None = None) -> HttpResponse:
    """Show a run, with what this person may do with it."""
    person = person_of(request)
    context = {
        "run": run,
        "files": files_of(run),
        "steps": STEPS,
        "current": STEP_OF[run.state],
        "page": page_of(request, problems_of(run)),
        "proofs": account_proofs(run) if run.state in {"checked", "proposed"} else [],
        "progress": progress_of(run.pk),
        "is_declined": runs.is_declined(run),
        "is_editable": run.state in runs.EDITABLE or runs.is_declined(run),
        "may_decide": run.proposal_id and waiting_for(person).filter(pk=run.proposal_id).exists(),
        "may_accept": bool({Role.PARTNER, Role.SUPERVISOR} & roles_of(person)),
        "may_import": Role.COORDINATOR in roles_of(person),
        "roll_back": roll_back_waiting(run) if run.state == "loaded" else None,
        "reason_form": ReasonForm(),
        "refusal": refusal,
    }
    return render(request, "ledgers/import.html", context, status=409 if refusal else 200)


@requires(*READERS)
@require_GET
def import_progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """Tell how far the work has come; when it is done, the page is shown anew."""
    run = run_of(run_id)
    if run.state in {"mapped", "loading"} or "HX-Request" not in request.headers:
        return render(request, "ledgers/_import_progress.html", {"run": run, "progress": progress_of(run.pk)})
    answer = HttpResponse()
    answer["HX-Refresh"] = "true"
    return answer


@requires(*READERS)
@require_GET
def import_errors(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Give what is wrong as a file."""
    run = run_of(run_id)
    record_export(request, f"import-{run.pk}-errors", "csv")
    return as_csv(PROBLEMS_SHEET, problems_of(run).iterator(), f"import-{run.pk}-errors")


@requires(*READERS)
@require_GET
def import_proof(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Show the proof that was kept, with the clients; `?all=1` for paper."""
    run = run_of(run_id)
    if not run.proof:
        return redirect("import", run.pk)
    clients = ClientProofs(run, person_of(request))
    if file := export(request, clients, PROOF_SHEET, f"import-{run.pk}-proof"):
        return file
    page = page_of(request, clients, 100_000 if request.GET.get("all") else 50)
    return render(request, "ledgers/import_proof.html", {"run": run, "page": page, "files": files_of(run)})


@requires(Capability.IMPORT_BOOKS)
@require_POST
def import_propose(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask a second person to have it loaded."""
    refusal = refused_by(lambda: approval.propose(run_id, person_of(request)))
    if refusal:
        return show_run(request, run_of(run_id), refusal)
    messages.success(request, "Proposed. A managing partner or trust supervisor confirms it, and it is loaded.")
    return redirect("import", run_id)


@requires(Role.PARTNER, Role.SUPERVISOR)
@require_POST
def import_deficits(request: HttpRequest, run_id: int) -> HttpResponse:
    """Choose to load negative balances as recorded deficits."""
    person, run = person_of(request), run_of(run_id)

    def accept() -> None:
        runs.accept_deficits(run.pk, person, request.POST.get("reason", ""))
        approval.begin_check(run.pk)

    refusal = refused_by(accept)
    if refusal:
        return show_run(request, run_of(run_id), refusal)
    messages.success(request, "Negative balances will be loaded as recorded deficits. The import was checked again.")
    return redirect("import", run_id)


@requires(Capability.IMPORT_BOOKS)
@require_POST
def import_discard(request: HttpRequest, run_id: int) -> HttpResponse:
    """Give it up."""
    refusal = refused_by(lambda: runs.discard(run_of(run_id).pk))
    if refusal:
        return show_run(request, run_of(run_id), refusal)
    messages.success(request, "Discarded. Nothing was loaded; the files are kept.")
    return redirect("imports")


@requires(Capability.IMPORT_BOOKS)
@require_POST
def import_roll_back(request: HttpRequest, run_id: int) -> HttpResponse:
    """Ask a second person to have it rolled back."""
    run, reason = run_of(run_id), request.POST.get("reason", "")
    refusal = refused_by(lambda: undoing.propose_roll_back(run.pk, person_of(request), reason))
    if refusal:
        return show_run(request, run, refusal)
    messages.success(request, "Proposed. A managing partner or trust supervisor confirms it.")
    return redirect("import", run_id)
