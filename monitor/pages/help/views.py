"""What the words and figures of the pages mean, and the guide for programs."""

from django.http import HttpResponse

from monitor.pages.help.guide import guide
from monitor.pages.shared.answers import PageRequest, page, signed_in


@signed_in("GET")
def help_page(request: PageRequest) -> HttpResponse:
    return page(request, "help.html", {})


@signed_in("GET")
def programs(request: PageRequest) -> HttpResponse:
    """Show the guide for programs: tokens, the format of webhooks, recipes."""
    return page(request, "help/programs.html", {"guide": guide()})
