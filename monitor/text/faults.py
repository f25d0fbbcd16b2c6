"""Why a call to an address of a user failed, in English: stored like this, and translated where it
is shown."""

from django.utils.translation import gettext_noop

from monitor.provider.http import Fault

FAULTS = {
    Fault.NOT_PUBLIC: gettext_noop("The address is not on the public internet."),
    Fault.NO_TLS_ASKED: gettext_noop("The address does not start with https://"),
    Fault.PORT: gettext_noop("The address has a port that is not allowed: use 443 or 8443."),
    Fault.UNREADABLE: gettext_noop("The address cannot be read."),
    Fault.CREDENTIALS: gettext_noop("The address contains a user name or a password."),
    Fault.LATE: gettext_noop("The server did not answer in time."),
    Fault.UNKNOWN_HOST: gettext_noop("The name of the server cannot be found."),
    Fault.UNTRUSTED: gettext_noop("The server's certificate is not valid."),
    Fault.NO_TLS: gettext_noop("The server does not speak https."),
    Fault.CLOSED: gettext_noop("The server refuses connections."),
    Fault.BROKEN: gettext_noop("The server cannot be reached."),
    Fault.NO_HTTP: gettext_noop("The server sent no complete answer."),
    Fault.INCOMPLETE: gettext_noop("The server sent no complete answer."),
    Fault.TOO_LARGE: gettext_noop("The server sent no complete answer."),
}
