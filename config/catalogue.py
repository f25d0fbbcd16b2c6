"""Texts that other packages show, named here to get them into our catalogue of translations."""

from django.utils.translation import gettext_noop, ngettext_lazy

#: Of Django and allauth, whose own Chinese is missing, has wrong spaces, or says 你 for 您.
OF_DJANGO = (
    gettext_noop("- Select an option -"),
    *(gettext_noop("Select %s to change"), gettext_noop("Select %s to view")),
    *(
        gettext_noop("Add %s"),
        gettext_noop("Change %s"),
        gettext_noop("View %s"),
        gettext_noop("Add %(name)s"),
    ),
    *(gettext_noop(" By %(filter_title)s "), gettext_noop("Add another %(verbose_name)s")),
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
    gettext_noop("Your password can’t be too similar to your other personal information."),
    gettext_noop("Your password can’t be a commonly used password."),
    gettext_noop("Your password can’t be entirely numeric."),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("You don’t have permission to view or edit anything."),
    *(
        gettext_noop("Model name"),
        gettext_noop("Add link"),
        gettext_noop("Change or view list link"),
    ),
    gettext_noop("authenticators"),
)
#: The meanings of the codes of `monitor.provider`, which knows no Django.
OF_THE_PROVIDER = (
    *(gettext_noop("success"), gettext_noop("nothing found")),
    *(
        gettext_noop("server internal error"),
        gettext_noop("network error"),
        gettext_noop("target server error"),
    ),
    *(
        gettext_noop("parameter error"),
        gettext_noop("account not found"),
        gettext_noop("authentication failed"),
    ),
    *(gettext_noop("this API is stopped for you"), gettext_noop("account stopped")),
    *(
        gettext_noop("too many calls at once"),
        gettext_noop("API under maintenance"),
        gettext_noop("API not found"),
    ),
    *(
        gettext_noop("the API has not been added to the account"),
        gettext_noop("number of calls exceeded"),
    ),
    *(
        gettext_noop("missing URL parameter"),
        gettext_noop("wrong page token"),
        gettext_noop("insufficient balance"),
    ),
    *(gettext_noop("timeout at the provider"), gettext_noop("unknown error")),
)
