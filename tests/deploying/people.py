"""People who load pages, with the files that these name, all the while."""

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests

PAGES = ("/", "/products/", "/products/?sort=changed", "/alerts/", "/settings/", "/watchlists/")
FILES = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@dataclass
class Report:
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: dict[str, float] = field(default_factory=dict)
    cookies: dict[str, bool] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: threading.Event = field(default_factory=threading.Event)
    #: What is done meanwhile: the slowest request is told for each.
    phase: str = "before"

    def note(self, path: str, answer: requests.Response | Exception, seconds: float) -> None:
        status = (
            str(answer.status_code)
            if isinstance(answer, requests.Response)
            else type(answer).__name__
        )
        with self.lock:
            self.statuses[status] += 1
            self.slowest[self.phase] = max(self.slowest.get(self.phase, 0), seconds)
            if not status.startswith(("2", "3")):
                self.faults.append(f"{status} {path} {self.phase}")


def visit(site: str, certificate: str, email: str, report: Report) -> None:
    """Log in and load pages until the report has ended, and each file once, some long after their
    page."""
    session = requests.Session()
    # Else the machine's bundle of certificates would count, not ours.
    session.trust_env, session.verify = False, certificate

    def load(path: str, **form: str) -> str:
        began = time.monotonic()
        try:
            address = urljoin(site, path)
            headers = {"Referer": address}
            answer = session.post(address, form, headers=headers) if form else session.get(address)
        except requests.RequestException as error:
            report.note(path, error, time.monotonic() - began)
            return ""
        report.note(path, answer, time.monotonic() - began)
        return answer.text

    load("/login/")
    load(
        "/login/",
        username=email,
        password="a-password",
        csrfmiddlewaretoken=session.cookies["csrftoken"],
    )
    report.cookies |= {cookie.name: cookie.secure for cookie in session.cookies}
    assert "sessionid" in session.cookies, "nobody is logged in"
    known: list[str] = []
    loaded: set[str] = set()
    while not report.ended.is_set():
        for page in PAGES:
            known += [name for name in FILES.findall(load(page)) if name not in known]
            if name := next((each for each in known if each not in loaded), None):
                loaded.add(name)
                load(name)
            report.ended.wait(0.25)
