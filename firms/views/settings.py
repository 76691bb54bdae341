"""The firm's settings and the solo policy."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from firms import policies
from firms.access import Capability, may, person_of, requires
from firms.forms import FirmForm, ReasonForm
from firms.pages import refused_by, say, shown
from firms.proposals import undecided


@requires(Capability.MANAGE_SETTINGS)
def firm_settings(request: HttpRequest) -> HttpResponse:
    """Show and change the firm's settings."""
    firm = policies.the_firm()
    form = FirmForm(request.POST or None, policies.the_firm())
    refusal = None
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        refusal = refused_by(lambda: policies.change_firm(person_of(request), version, **form.changes()))
        if refusal is None:
            say(request, None, "Saved. Changes of limits and policies wait for a second person's confirmation.")
            return redirect("firm_settings")
    waiting = undecided("firm.")
    sets_policies = may(request.user, Capability.SET_POLICIES)
    facts = {"firm": firm, "form": form, "waiting": waiting, "sets_policies": sets_policies, "solo_form": ReasonForm()}
    return shown(request, "firms/firm_settings.html", facts, refusal)


@require_POST
@requires(Capability.SET_POLICIES)
def solo_policy(request: HttpRequest) -> HttpResponse:
    """Propose the solo policy; confirming the proposal is the second step."""
    reason = request.POST.get("reason", "")
    refusal = refused_by(lambda: policies.propose_solo_policy(person_of(request), reason))
    say(request, refusal, "Recorded as the first step. It is in force once it is confirmed.")
    return redirect("firm_settings")


@require_POST
@requires(Capability.SET_POLICIES)
def solo_policy_end(request: HttpRequest) -> HttpResponse:
    """End the solo policy."""
    refusal = refused_by(lambda: policies.end_solo_policy(person_of(request)))
    say(request, refusal, "The solo policy has ended: everything needs two people again.")
    return redirect("firm_settings")
