"""What the words and figures of the pages mean."""

from django.http import HttpResponse

from monitor.pages.shared.answers import PageRequest, page, signed_in


@signed_in("GET")
def help_page(request: PageRequest) -> HttpResponse:
    return page(request, "help.html", {})
