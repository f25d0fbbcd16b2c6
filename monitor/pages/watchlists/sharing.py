"""Sharing a list: invitations, roles, leaving, a new owner. Only the owner may do all this, except
leave."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from monitor.models import Invitation, Membership, Watchlist
from monitor.models.invitations import OWNER
from monitor.pages.shared.answers import PageRequest, page, proof_wanted, signed_in, wants_region
from monitor.pages.watchlists.forms import InviteForm, TransferForm, limit_in_words
from monitor.pages.watchlists.views import own_watchlist, people_context, watchlist_page
from monitor.showing.reads.watchlists import watchlist_for
from monitor.text.formatting import one_line
from monitor.watching import invitations, sharing


@signed_in("POST")
def invite(request: PageRequest, pk: int) -> HttpResponse:
    """Invite an address. The answer is the same whether or not it has an account."""
    watchlist = own_watchlist(request, pk)
    form = InviteForm(request.POST, watchlist=watchlist)
    if form.is_valid():
        email, role = form.cleaned_data["email"], form.cleaned_data["role"]
        try:
            invitations.invite(request.user, email, request.now, watchlist, role)
        except invitations.TooManyInvitationsError as error:
            form.add_error("email", limit_in_words(error))
    if not form.is_valid():
        return _people(request, watchlist, invite_form=form)
    return _done(
        request,
        watchlist,
        _("The invitation is being sent to %(email)s.") % {"email": form.cleaned_data["email"]},
    )


@signed_in("POST")
def resend(request: PageRequest, pk: int, invitation: int) -> HttpResponse:
    """Send an invitation's mail once more, with a new link."""
    watchlist = own_watchlist(request, pk)
    asked = _invitation(watchlist, invitation)
    try:
        invitations.resend(asked.pk, request.user, request.now)
    except invitations.TooManyInvitationsError as error:
        return _people(request, watchlist, fault=f"{asked.email}: {limit_in_words(error)}")
    except Invitation.DoesNotExist:
        raise Http404 from None
    return _done(
        request, watchlist, _("The invitation is being sent to %(email)s.") % {"email": asked.email}
    )


@signed_in("POST")
def withdraw(request: PageRequest, pk: int, invitation: int) -> HttpResponse:
    """Withdraw an invitation: its link no longer works."""
    watchlist = own_watchlist(request, pk)
    asked = _invitation(watchlist, invitation)
    invitations.close(asked, request.now)
    return _done(
        request, watchlist, _("The invitation of %(email)s was withdrawn.") % {"email": asked.email}
    )


@signed_in("POST")
def role(request: PageRequest, pk: int, member: int) -> HttpResponse:
    """Let a member edit, or only view."""
    watchlist = own_watchlist(request, pk)
    membership, wanted = _member(watchlist, member), request.POST.get("role", "")
    if wanted not in Membership.Role:
        return _people(request, watchlist, fault=_("Choose what the member may do."))
    sharing.set_role(membership, wanted)
    words = {"name": _name(membership), "role": membership.get_role_display()}
    return _done(request, watchlist, _("%(name)s: %(role)s") % words)


@signed_in("POST")
def costs(request: PageRequest, pk: int) -> HttpResponse:
    """Let members who may only view see costs and notes, or not."""
    watchlist = own_watchlist(request, pk)
    sharing.show_costs(watchlist, shows="shows_costs" in request.POST)
    return _done(request, watchlist, _("Saved."))


@signed_in("POST")
def remove(request: PageRequest, pk: int, member: int) -> HttpResponse:
    """End a membership."""
    watchlist = own_watchlist(request, pk)
    membership = _member(watchlist, member)
    sharing.remove_member(membership)
    return _done(
        request, watchlist, _("%(name)s is no longer a member.") % {"name": _name(membership)}
    )


@signed_in("POST")
def leave(request: PageRequest, pk: int) -> HttpResponse:
    """End the user's membership. An owner transfers or deletes the list instead."""
    watchlist = watchlist_for(request.user, pk)
    membership = get_object_or_404(watchlist.memberships, user=request.user)
    sharing.remove_member(membership)
    messages.success(request, _("You have left “%(name)s”.") % {"name": one_line(watchlist.name)})
    return redirect("monitor:watchlists")


@signed_in("POST")
def transfer(request: PageRequest, pk: int) -> HttpResponse:
    """Offer the list to a member, after a confirmation. It is transferred when the member
    accepts."""
    watchlist = own_watchlist(request, pk)
    if question := proof_wanted(request):
        return question
    form = TransferForm(request.POST, watchlist=watchlist)
    if form.is_valid():
        member = form.cleaned_data["member"]
        try:
            invitations.invite(request.user, member.user.email, request.now, watchlist, OWNER)
        except invitations.TooManyInvitationsError as error:
            form.add_error("member", limit_in_words(error))
    if not form.is_valid():
        return _people(request, watchlist, transfer_form=form)
    return _done(
        request, watchlist, _("%(name)s gets a mail to accept the list.") % {"name": _name(member)}
    )


def _invitation(watchlist: Watchlist, pk: int) -> Invitation:
    return get_object_or_404(Invitation.objects.waiting(), watchlist=watchlist, pk=pk)


def _member(watchlist: Watchlist, pk: int) -> Membership:
    return get_object_or_404(watchlist.memberships.select_related("user"), pk=pk)


def _name(membership: Membership) -> str:
    return one_line(membership.user.get_short_name(), 60)


def _done(request: PageRequest, watchlist: Watchlist, notice: str) -> HttpResponse:
    if wants_region(request):
        return _people(request, watchlist, notice=notice)
    messages.success(request, notice)
    return redirect(reverse("monitor:watchlist", args=[watchlist.pk], fragment="people"))


def _people(request: PageRequest, watchlist: Watchlist, **shown: Any) -> HttpResponse:
    """Return the people's region, or without HTMX the list's page. `shown` is what `people_context`
    takes."""
    if not wants_region(request):
        return watchlist_page(request, watchlist, **shown)
    return page(
        request, "watchlist.html", people_context(request, watchlist, **shown), region="people"
    )
