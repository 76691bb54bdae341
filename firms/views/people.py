"""The pages of people and their roles."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from firms import people
from firms.access import NEED_SECOND_PERSON, Capability, may, person_of, requires
from firms.forms import PersonForm, RoleForm, VersionedPersonForm
from firms.models import Person, Role, RoleGrant
from firms.one_person import accounts_alike
from firms.pages import refused_by, say, shown
from firms.people import people_with_roles
from firms.proposals import undecided


@require_safe
@requires(Capability.SEE_PEOPLE)
def people_page(request: HttpRequest) -> HttpResponse:
    """List everybody with their roles."""
    manages = may(request.user, Capability.MANAGE_PEOPLE)
    return shown(request, "firms/people.html", {"people": people_with_roles(), "manages": manages})


@requires(Capability.MANAGE_PEOPLE)
def person_new(request: HttpRequest) -> HttpResponse:
    """Add a person, who gets a link to set a password."""
    form = PersonForm(request.POST or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        refusal = refused_by(lambda: people.create_person(person_of(request), **form.cleaned_data))
        if refusal is None:
            say(request, None, f"{form.cleaned_data['full_name']} was added and gets a link to set a password.")
            return redirect("people")
    return shown(request, "firms/person_new.html", {"form": form}, refusal)


@requires(Capability.SEE_PEOPLE)
def person_page(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show one person; whoever manages people can change name and address here."""
    person = get_object_or_404(Person, pk=person_id)
    manages = may(request.user, Capability.MANAGE_PEOPLE)
    shown_first = {"full_name": person.full_name, "email": person.email, "version": person.version}
    form = VersionedPersonForm(request.POST or None, initial=shown_first)
    refusal = None
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        refusal = refused_by(lambda: people.edit_person(person_of(request), person, typed.pop("version"), **typed))
        if refusal is None:
            say(request, None, "Saved.")
            return redirect("person", person_id)
    person.refresh_from_db()
    waiting = undecided(people.GRANT_KIND, person)
    facts = {"person": person, "manages": manages, "grants": people.grants_of(person), "form": form}
    facts["alike"] = accounts_alike(person) if person.is_active else []
    return shown(request, "firms/person.html", {**facts, "waiting": waiting, "role_form": RoleForm()}, refusal)


@require_POST
@requires(Capability.MANAGE_PEOPLE)
def role_give(request: HttpRequest, person_id: int) -> HttpResponse:
    """Give a role, or propose it."""
    person = get_object_or_404(Person, pk=person_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return shown(request, "firms/role_give.html", {"person": person, "form": form})
    role = Role(form.cleaned_data["role"])
    give = partial(people.give_role, person_of(request), person, role, form.cleaned_data["expires_on"])
    refusal = refused_by(give)
    if refusal:
        return shown(request, "firms/role_give.html", {"person": person, "form": form}, refusal)
    alone = role not in NEED_SECOND_PERSON
    say(request, None, "The role is given." if alone else "Proposed: another person has to confirm this role.")
    return redirect("person", person_id)


@require_POST
@requires(Capability.MANAGE_PEOPLE)
def role_revoke(request: HttpRequest, person_id: int, grant_id: int) -> HttpResponse:
    """Take a role away."""
    grant = get_object_or_404(RoleGrant, pk=grant_id, person_id=person_id, revoked_at=None)
    refusal = refused_by(lambda: people.revoke_role(person_of(request), grant))
    say(request, refusal, "The role is taken away.")
    return redirect("person", person_id)


@require_POST
@requires(Capability.MANAGE_PEOPLE)
def person_deactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    """End a person's access."""
    person = get_object_or_404(Person, pk=person_id, is_active=True)
    refusal = refused_by(lambda: people.deactivate(person_of(request), person))
    say(request, refusal, f"{person.full_name} can no longer sign in. All roles, sessions and API tokens have ended.")
    return redirect("person", person_id)


@require_POST
@requires(Capability.MANAGE_PEOPLE)
def person_reactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    """Let a person sign in again."""
    person = get_object_or_404(Person, pk=person_id, is_active=False)
    refusal = refused_by(lambda: people.reactivate(person_of(request), person))
    say(request, refusal, f"{person.full_name} can sign in again. Roles have to be given anew.")
    return redirect("person", person_id)


@require_POST
@requires(Capability.MANAGE_PEOPLE)
def person_send_link(request: HttpRequest, person_id: int) -> HttpResponse:
    """Send a link to set a password."""
    person = get_object_or_404(Person, pk=person_id, is_active=True)
    people.send_password_link(person, people.PasswordWhy.SENT)
    say(request, None, f"A link to set a password is on its way to {person.email}.")
    return redirect("person", person_id)
