"""Sharing a list: invitations, roles, leaving, a new owner. All but leaving is the owner's business alone."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from monitor.models import Invitation, Membership, Watchlist
from monitor.pages.shared.answers import PageRequest, page, signed_in, wants_region
from monitor.pages.watchlists.one import find, find_own, people_context, watchlist_page
from monitor.pages.watchlists.sharing_forms import InviteForm, TransferForm, limit_in_words
from monitor.text.formatting import one_line
from monitor.watchlists import invitations, sharing


@signed_in
@require_POST
def invite(request: PageRequest, pk: int) -> HttpResponse:
    """Invite an address. The answer is the same whether or not it has an account."""
    found = find_own(request, pk)
    form = InviteForm(request.POST, watchlist=found)
    if form.is_valid():
        email, role = form.cleaned_data["email"], form.cleaned_data["role"]
        try:
            invitations.invite(request.user, email, request.now, found, role)
        except invitations.TooManyInvitationsError as error:
            form.add_error("email", limit_in_words(error))
    if not form.is_valid():
        return _people(request, found, invite_form=form)
    return _done(request, found, _("An invitation goes to %(email)s.") % {"email": form.cleaned_data["email"]})


@signed_in
@require_POST
def resend(request: PageRequest, pk: int, invitation: int) -> HttpResponse:
    """Send an invitation's mail once more, with a new link."""
    found = find_own(request, pk)
    asked = _invitation(found, invitation)
    try:
        invitations.resend(asked.pk, request.user, request.now)
    except invitations.TooManyInvitationsError as error:
        return _people(request, found, fault=f"{asked.email}: {limit_in_words(error)}")
    except Invitation.DoesNotExist:
        raise Http404 from None
    return _done(request, found, _("An invitation goes to %(email)s.") % {"email": asked.email})


@signed_in
@require_POST
def withdraw(request: PageRequest, pk: int, invitation: int) -> HttpResponse:
    """Take an invitation back: its link opens nothing from now on."""
    found = find_own(request, pk)
    asked = _invitation(found, invitation)
    invitations.close(asked, request.now)
    return _done(request, found, _("The invitation of %(email)s was withdrawn.") % {"email": asked.email})


@signed_in
@require_POST
def role(request: PageRequest, pk: int, member: int) -> HttpResponse:
    """Let a member edit, or only view."""
    found = find_own(request, pk)
    membership, wanted = _member(found, member), request.POST.get("role", "")
    if wanted not in Membership.Role:
        return _people(request, found, fault=_("Choose what the member may do."))
    sharing.set_role(membership, wanted)
    words = {"name": _name(membership), "role": membership.get_role_display()}
    return _done(request, found, _("%(name)s: %(role)s") % words)


@signed_in
@require_POST
def remove(request: PageRequest, pk: int, member: int) -> HttpResponse:
    """End a membership."""
    found = find_own(request, pk)
    membership = _member(found, member)
    sharing.remove_member(membership)
    return _done(request, found, _("%(name)s is no longer a member.") % {"name": _name(membership)})


@signed_in
@require_POST
def leave(request: PageRequest, pk: int) -> HttpResponse:
    """End one's own membership. An owner transfers or deletes the list instead."""
    found = find(request, pk)
    membership = found.memberships.filter(user=request.user).first()
    if membership is None:
        raise Http404
    sharing.remove_member(membership)
    messages.success(request, _("You have left “%(name)s”.") % {"name": one_line(found.name)})
    return redirect("monitor:watchlists")


@signed_in
@require_POST
def transfer(request: PageRequest, pk: int) -> HttpResponse:
    """Make a member the owner, once it is said that this is meant."""
    found = find_own(request, pk)
    form = TransferForm(request.POST, watchlist=found)
    if not form.is_valid():
        return _people(request, found, transfer_form=form)
    member = form.cleaned_data["member"]
    try:
        given = sharing.transfer(found, member)
    except ObjectDoesNotExist:  # Another tab has given it away, or the member has left.
        raise Http404 from None
    words = {"name": _name(member), "list": one_line(given.name)}
    messages.success(request, _("“%(list)s” now belongs to %(name)s.") % words)
    return redirect("monitor:watchlist", pk)


def _invitation(found: Watchlist, pk: int) -> Invitation:
    asked = Invitation.objects.waiting().filter(watchlist=found, pk=pk).first()
    if asked is None:
        raise Http404
    return asked


def _member(found: Watchlist, pk: int) -> Membership:
    membership = found.memberships.select_related("user").filter(pk=pk).first()
    if membership is None:
        raise Http404
    return membership


def _name(membership: Membership) -> str:
    return one_line(membership.user.get_short_name(), 60)


def _done(request: PageRequest, found: Watchlist, notice: str) -> HttpResponse:
    if wants_region(request):
        return _people(request, found, notice=notice)
    messages.success(request, notice)
    return redirect(f"{reverse('monitor:watchlist', args=[found.pk])}#people")


def _people(request: PageRequest, found: Watchlist, **shown: Any) -> HttpResponse:
    """The region of the people, or without HTMX the list's whole page. `shown` is what `people_context` takes."""
    if not wants_region(request):
        return watchlist_page(request, found, **shown)
    return page(request, "watchlist.html", people_context(request, found, **shown), region="people")
