"""Connections that send, or read, a byte a second, through nginx: do others still get their
pages?"""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPSConnection
from pathlib import Path
from statistics import quantiles

from tests.certificates import Certificate, self_signed
from tests.chaos.stack import ROOT, free_port, listens, wait_until

HOST, CONNECTIONS, SECONDS = "watch.example.org", 200, 40


@contextmanager
def nginx(folder: Path, web_port: int) -> Iterator[tuple[int, Certificate]]:
    """Run nginx with the example of `deploy/` in front of a web server; yield its port and
    certificate."""
    port, certificate = free_port(), self_signed(folder, HOST)
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    for there, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "listen 80": f"listen 127.0.0.1:{free_port()}",
        "http://127.0.0.1:8000": f"http://127.0.0.1:{web_port}",
        f"/etc/ssl/{HOST}/fullchain.pem": str(certificate.file),
        f"/etc/ssl/{HOST}/key.pem": str(certificate.key),
        "/var/log/nginx": str(folder),
    }.items():
        site = site.replace(there, here)
    whole = folder / "nginx.conf"
    events = "events { worker_connections 1024; }"
    whole.write_text(f"daemon off;\npid {folder}/nginx.pid;\n{events}\nhttp {{\n{site}\n}}\n")
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", str(whole), "-e", str(folder / "error.log")])
    try:
        wait_until(lambda: listens(port), "nginx")
        yield port, certificate
    finally:
        process.terminate()
        process.wait(10)


def others_are_answered(web_port: int, sessions: Sequence[str], folder: Path) -> bool:
    """Print how long pages take while all kinds of slow connections are open; return whether none
    failed.

    The first session opens the pages. Each slow connection is of an address of its own, and few are
    of the same session: nginx bounds the requests of both."""
    first, *others = [{"Cookie": f"sessionid={session}"} for session in sessions]
    ways = (
        "nobody is slow",
        "heads a byte a second",
        "bodies a byte a second",
        "pages read a byte a second",
    )
    with nginx(folder, web_port) as (port, certificate):
        results = [_measure(way, port, certificate, first, others) for way in ways]
        return all(results)


def _measure(
    name: str,
    port: int,
    certificate: Certificate,
    first: Mapping[str, str],
    others: Sequence[Mapping[str, str]],
) -> bool:
    ended, begun, slow = threading.Event(), list[int](), list[threading.Thread]()
    for number in range(0 if name.startswith("nobody") else CONNECTIONS):
        arguments = (name, port, certificate, number, others[number % len(others)], begun, ended)
        slow.append(threading.Thread(target=_slow, args=arguments, daemon=True))
        slow[-1].start()
        time.sleep(0.1)
    wait_until(lambda: len(begun) == len(slow), f"all that are slow: {name}")
    seconds, statuses = _pages(port, certificate, first)
    ended.set()
    for thread in slow:
        thread.join(5)
    shares = quantiles(seconds, n=20)
    print(
        f"{len(begun)} connections, {name}: {len(seconds)} pages, p50 {1000 * shares[9]:.0f} ms,",
        end=" ",
    )
    print(f"p95 {1000 * shares[18]:.0f} ms, {statuses}", flush=True)
    return set(statuses) == {200}


def _pages(
    port: int, certificate: Certificate, headers: Mapping[str, str]
) -> tuple[list[float], dict[int, int]]:
    """Open a page every second, from an address of its own; return the seconds that each took, and
    the statuses."""
    seconds, statuses = [], dict[int, int]()
    ends = time.monotonic() + SECONDS / 2
    while time.monotonic() < ends:
        began = time.monotonic()
        source, context = ("127.0.9.9", 0), _context(certificate)
        line = HTTPSConnection(
            "127.0.0.1", port, timeout=20, source_address=source, context=context
        )
        line.request("GET", "/alerts/", headers={**headers, "Host": HOST})
        answer = line.getresponse()
        answer.read()
        line.close()
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        seconds.append(time.monotonic() - began)
        time.sleep(0.5)
    return seconds, statuses


def _context(certificate: Certificate) -> ssl.SSLContext:
    context = certificate.trusted()
    context.check_hostname = False
    return context


def _slow(
    name: str,
    port: int,
    certificate: Certificate,
    number: int,
    headers: Mapping[str, str],
    begun: list[int],
    ended: threading.Event,
) -> None:
    """Be slow in one way, and add the number to `begun`: pages are read when they have been
    written."""
    sent = {**headers, "Host": HOST, "Accept-Encoding": "identity"}
    head = "".join(f"{field}: {value}\r\n" for field, value in sent.items())
    get, post = (
        f"{start}\r\n{head}"
        for start in ("GET /products/ HTTP/1.1", "POST /products/add/ HTTP/1.1")
    )
    post += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"
    source = (f"127.0.{1 + number // 200}.{1 + number % 200}", 0)
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), 20, source_address=source) as plain,
    ):
        plain.settimeout(90)
        if name.startswith("pages"):
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        with _context(certificate).wrap_socket(plain, server_hostname=HOST) as line:
            if name.startswith("heads"):
                at_once, slowly = b"", get.encode() * 5
            elif name.startswith("bodies"):
                at_once, slowly = post.encode(), b"x" * 1000
            else:
                at_once, slowly = f"{get}\r\n".encode(), b""
            line.sendall(at_once)
            if not slowly:
                line.recv(1)
            begun.append(number)
            for byte in slowly or bytes(1000):
                if ended.wait(1):
                    return
                if slowly:
                    line.sendall(bytes([byte]))
                else:
                    line.recv(1)
