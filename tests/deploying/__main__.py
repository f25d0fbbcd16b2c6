"""Units, proxy, two beats, and an upgrade under load from another version, on this machine's
PostgreSQL and Redis.

Prints a table, and ends with 1 if anything is not as it must be.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
import requests

from tests.bench.processes import wait_until
from tests.deploying.people import Report, visit
from tests.provider.certificates import self_signed
from tests.provider.servers import ProviderServer, item, provider_server
from tests.telling.channels.hooks import Hook, hook
from tests.telling.mailserver import MailServer, mail_server

ROOT = Path(__file__).resolve().parents[2]
PEOPLE, PRODUCTS = 5, 100
#: Products are checked once a minute; a claim may begin this much early or late.
INTERVAL_SECONDS, JITTER_SECONDS = 60, 20
#: Of https; the next one is http's.
PORT = 22443
#: How long people load pages before and after the upgrade.
LOAD_SECONDS = 45
UNITS = ROOT / "deploy" / "systemd"
#: Those whose value has no comma.
SECURITY_HEADERS = (
    *("Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"),
    *("Referrer-Policy", "Content-Security-Policy"),
)
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""


class Site:
    """One version in a folder of its own, as it is in production."""

    def __init__(self, folder: Path, revision: str, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        run("git", "clone", "--quiet", "--shared", str(ROOT), str(folder))
        run("git", "-c", "advice.detachedHead=false", "checkout", "--quiet", revision, cwd=folder)
        if (folder / "requirements.txt").read_bytes() == (ROOT / "requirements.txt").read_bytes():
            for name in (".venv", "node_modules"):
                (folder / name).symlink_to(ROOT / name)
        else:
            run("make", "install-production", cwd=folder)

    def manage(self, *command: str, **more: str) -> str:
        return run(
            ".venv/bin/python", "manage.py", *command, cwd=self.folder, env=self.environment | more
        )

    def start(
        self, name: str, log: Path, *, listener: socket.socket | None = None, **more: str
    ) -> subprocess.Popen[bytes]:
        """Start a process of the Procfile; a `listener` is handed over as systemd does."""
        command = re.search(
            rf"^{name}: (.+)$", (self.folder / "Procfile").read_text(), re.MULTILINE
        )
        assert command is not None
        line = ["/bin/sh", "-c", f"exec {command[1]}"]
        environment = (
            self.environment | more | {"PATH": f"{self.folder}/.venv/bin:{os.environ['PATH']}"}
        )
        if listener is not None:
            line = [sys.executable, "-c", HAND_OVER, str(listener.fileno()), *line]
        handed = () if listener is None else (listener.fileno(),)
        with log.open("ab") as out:
            return subprocess.Popen(
                line, cwd=self.folder, env=environment, pass_fds=handed, stdout=out, stderr=out
            )


def run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def stop(process: subprocess.Popen[bytes]) -> float:
    """End a process as systemd does; return the seconds that it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(120)
    return time.monotonic() - began


class Table:
    def __init__(self) -> None:
        self.failed = 0

    def row(self, what: str, value: object, *, good: bool = True) -> None:
        self.failed += not good
        print(f"| {what:<58} | {value!s:>28} | {'ok' if good else 'WRONG':<5} |", flush=True)


def prove_units(table: Table, folder: Path) -> None:
    """Verify the units in a root of their own, in which the commands exist."""
    units, current = folder / "etc/systemd/system", folder / "srv/stallwatch/current"
    shutil.copytree(UNITS, units)
    command = current / "deploy/start"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    # They refer to targets of the machine.
    shutil.copytree("/usr/lib/systemd/system", folder / "usr/lib/systemd/system", symlinks=True)
    files = sorted(path.name for path in UNITS.iterdir() if path.is_file())
    verified = subprocess.run(
        ["systemd-analyze", f"--root={folder}", "verify", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in verified.stderr.splitlines() if "stallwatch" in line]
    table.row(
        f"systemd-analyze verify, {len(files)} units",
        "; ".join(ours) or "no message",
        good=not ours,
    )
    for service in sorted(UNITS.glob("*.service")):
        judge = [
            "systemd-analyze",
            f"--root={folder}",
            "security",
            "--offline=true",
            "--no-pager",
            service.name,
        ]
        said = subprocess.run(judge, capture_output=True, text=True, check=False).stdout
        level = re.search(r"exposure level for .*: ([\d.]+)", said)
        table.row(
            f"exposure of {service.stem}",
            level[1] if level else said,
            good=level is not None and float(level[1]) < 2,
        )


@contextmanager
def proxy(folder: Path, certificate: Path, key: Path, ports: dict[str, int]) -> Iterator[None]:
    """Run nginx with deploy/nginx.conf, changed only in names, ports and folders."""
    conf = (ROOT / "deploy/nginx.conf").read_text()
    for old, new in {
        "watch.example.org": "localhost",
        "listen 443": f"listen 127.0.0.1:{ports['https']}",
        "listen 80": f"listen 127.0.0.1:{ports['http']}",
        "/etc/ssl/localhost/fullchain.pem": str(certificate),
        "/etc/ssl/localhost/key.pem": str(key),
        "/var/log/nginx": str(folder),
        "http://127.0.0.1:8000": f"http://127.0.0.1:{ports['web']}",
        "Host $host;": "Host $host:$server_port;",
        "https://$host$": f"https://$host:{ports['https']}$",
    }.items():
        assert old in conf, old
        conf = conf.replace(old, new)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nevents {{}}\nhttp {{\n{temporary}{conf}}}\n"
    )
    with (folder / "nginx.log").open("wb") as log:
        nginx = subprocess.Popen(
            ["nginx", "-e", "stderr", "-c", str(whole), "-p", str(folder)], stderr=log
        )
    try:
        yield
    finally:
        stop(nginx)


def prove_proxy(
    table: Table, site: str, http: str, certificate: str, cookies: dict[str, bool]
) -> None:
    page = requests.get(f"{site}/login/", verify=certificate)
    hsts = page.headers.get("Strict-Transport-Security", "none")
    table.row("HSTS", hsts, good="max-age=31536000" in hsts)
    moved = requests.get(f"{http}/login/", allow_redirects=False)
    table.row(
        "http leads to",
        moved.headers.get("Location"),
        good=moved.headers.get("Location") == f"{site}/login/",
    )
    own = requests.post(f"{site}/login/", data=b"x" * 7_000_000, verify=certificate)
    headers = [f"{name}: {own.headers.get(name)}" for name in SECURITY_HEADERS]
    good = own.status_code == 413 and not any(line.endswith("None") for line in headers)
    table.row("nginx's own page, 413: security headers", len(headers), good=good)
    doubled = [name for name in SECURITY_HEADERS if "," in page.headers.get(name, ",")]
    table.row(
        "  headers that a page has twice or lacks", ", ".join(doubled) or "none", good=not doubled
    )
    table.row("  names itself", own.headers["Server"], good=own.headers["Server"] == "nginx")
    inside = [
        requests.get(f"{site}/{path}", verify=certificate).status_code
        for path in ("readyz", "metrics")
    ]
    table.row("/readyz and /metrics by the proxy", inside, good=inside == [404, 404])
    table.row(
        "cookies after the login, all secure",
        ", ".join(cookies),
        good=len(cookies) > 1 and all(cookies.values()),
    )


def answers(
    provider: ProviderServer, times: dict[str, list[float]]
) -> Callable[[dict[str, str]], object]:
    """Return a provider whose every answer has another price; note when each product was asked
    for."""

    def answer(query: dict[str, str]) -> dict[str, object]:
        num_iid, now = query["num_iid"], time.time()
        times.setdefault(num_iid, []).append(now)
        price = 7000 + len(times[num_iid])
        counted = {"api_info": f"today:{len(provider.calls)} max:1000000"}
        return (
            item(num_iid, int(now), discount_price=price, sku_min_price=price, sku_max_price=price)
            | counted
        )

    return answer


def upgrade(
    running: dict[str, subprocess.Popen[bytes]],
    new: Site,
    start: Callable[[Site, str], subprocess.Popen[bytes]],
    first_page: Callable[[], object],
    report: Report,
) -> dict[str, subprocess.Popen[bytes]]:
    """Do what docs/operations.md says, one process after the other; return the new processes."""
    report.phase = "during migrate"
    new.manage("migrate")
    started = {}
    for name, process in running.items():
        report.phase = f"during restart of {name}"
        stop(process)
        started[name] = start(new, name)
        if name == "web":
            first_page()
        time.sleep(3)
    report.phase = "after"
    return started


def prove_upgrade(
    table: Table, folder: Path, options: argparse.Namespace, stack: ExitStack
) -> None:
    provider, mails, erp = (
        stack.enter_context(each) for each in (provider_server(), mail_server(), hook())
    )
    assert isinstance(provider, ProviderServer)
    assert isinstance(mails, MailServer)
    assert isinstance(erp, Hook)
    times: dict[str, list[float]] = {}
    provider.default = answers(provider, times)  # type: ignore[assignment]
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=2048))
    ports = {"web": listener.getsockname()[1], "https": PORT, "http": PORT + 1}
    site, http = f"https://localhost:{ports['https']}", f"http://localhost:{ports['http']}"
    certificate = self_signed(folder, "localhost")
    stack.enter_context(proxy(folder, certificate.file, certificate.key, ports))
    database = urlunsplit(urlsplit(options.postgres)._replace(path="/stallwatch_prove"))
    with psycopg.connect(options.postgres, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS stallwatch_prove WITH (FORCE)")
        admin.execute("CREATE DATABASE stallwatch_prove")
    redis.Redis.from_url(options.redis).flushdb()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SECRET_KEY": "wG7-of-a-proof_x9Qm2Lr8Zt4Kc6Vn1Bs3Hd5Jf0",
        "SITE_URL": site,
        "TRUST_PROXY": "1",
        "DATABASE_URL": database,
        "CELERY_BROKER_URL": options.redis,
        "EMAIL_URL": f"smtp://127.0.0.1:{mails.port}",
        "PROVIDER_URL": provider.url,
        "PROVIDER_KEY": "a-key",
        "PROVIDER_SECRET": "a-secret",
        "PROVIDER_DAILY_CALLS": "1000000",
        "OUTGOING_NETWORKS": "127.0.0.0/8",
        "WEB_CONCURRENCY": "2",
        "PORT": str(ports["web"]),
    }
    old, new = (
        Site(folder / "old", options.before, environment),
        Site(folder / "new", "HEAD", environment),
    )
    old.manage("migrate")
    old.manage("collectstatic", "--no-input")
    seed = run("git", "show", f"{options.before}:tests/deploying/seed.py")
    old.manage(
        "shell",
        "--no-imports",
        "-c",
        seed,
        PEOPLE=str(PEOPLE),
        PRODUCTS=str(PRODUCTS),
        HOOK=erp.url,
    )

    def start(version: Site, name: str) -> subprocess.Popen[bytes]:
        # Beat of version 1 keeps a file in its own folder.
        log, own = folder / f"{name}.log", folder / f"state-{name}"
        own.mkdir(exist_ok=True)
        (version.folder / "var").mkdir(exist_ok=True)
        handed = listener if name == "web" else None
        process = version.start(name.rstrip("2"), log, listener=handed, STATE_DIRECTORY=str(own))
        stack.callback(lambda: process.poll() is None and stop(process))
        return process

    names = ("web", "checks", "upkeep", "beat", "beat2")
    running = {name: start(old, name) for name in names}

    def first_page() -> None:
        wait_until(
            lambda: requests.get(f"{site}/login/", verify=str(certificate.file)).ok,
            "the first page",
        )

    first_page()
    report = Report()
    people = [
        threading.Thread(
            target=visit,
            args=[site, str(certificate.file), f"merchant-{number}@example.com", report],
        )
        for number in range(PEOPLE)
    ]
    for person in people:
        person.start()
    began = time.monotonic()
    wait_until(lambda: len(times) == PRODUCTS, "the first checks", seconds=120)
    time.sleep(LOAD_SECONDS)
    # The new version gets ready beside the old one; its folder also has the files that old pages
    # name.
    shutil.copytree(old.folder / "var/static", new.folder / "var/static")
    new.manage("collectstatic", "--no-input")
    running = upgrade(running, new, start, first_page, report)
    time.sleep(LOAD_SECONDS)
    prove_proxy(table, site, http, str(certificate.file), report.cookies)
    report.ended.set()
    for person in people:
        person.join()
    took, asked = time.monotonic() - began, time.time()
    stop(running["beat"]), stop(running["beat2"])
    with psycopg.connect(database, autocommit=True) as rows:

        def count(query: str) -> int:
            found = rows.execute(query).fetchone()
            assert found is not None
            return int(found[0])

        stop(running["checks"])
        late = count(
            "SELECT count(*) FROM monitor_product WHERE next_check_at < "
            f"to_timestamp({asked - JITTER_SECONDS})"
        )
        for _ in range(3):
            new.manage("shell", "-c", "from monitor.telling.outbox import send_due; send_due()")
        waiting = "SELECT count(*) FROM monitor_message WHERE status = 'pending'"
        wait_until(lambda: not count(waiting), "the last messages")
        stop(running["upkeep"]), stop(running["web"])
        table.row(
            "version before → now",
            f"{options.before[:8]} → {run('git', 'rev-parse', '--short=8', 'HEAD').strip()}",
        )
        table.row(f"requests of {PEOPLE} people in {took:.0f} s", f"{report.statuses.total():,}")
        table.row(
            "their answers",
            ", ".join(f"{status}: {n}" for status, n in sorted(report.statuses.items())),
        )
        table.row("error pages", len(report.faults), good=not report.faults)
        for fault, n in Counter(report.faults).most_common(8):
            table.row(f"  {fault}", n, good=False)
        for phase, seconds in report.slowest.items():
            table.row(f"slowest request {phase}", f"{seconds:.2f} s")
        gaps = [
            b - a for each in times.values() for a, b in zip(each, deque(each[1:]), strict=False)
        ]
        table.row(f"checks of {len(times)} products, by two beats", len(provider.calls))
        doubled = sum(gap < INTERVAL_SECONDS - JITTER_SECONDS for gap in gaps)
        missed = sum(gap > 2 * INTERVAL_SECONDS for gap in gaps) + PRODUCTS - len(times)
        table.row("checks made twice for one due time", doubled, good=not doubled)
        table.row(
            "checks lost: due times without one, products overdue",
            f"{missed}, {late}",
            good=not (missed or late),
        )
        table.row("longest time between two checks of a product", f"{max(gaps):.0f} s")
        reserved = count("SELECT sum(reserved) FROM monitor_usageday")
        table.row(
            "calls in the ledger = counted by the provider",
            reserved,
            good=reserved == len(provider.calls),
        )
        told = [alert["id"] for _, body in erp.calls for alert in body["alerts"]]
        alerts = count("SELECT count(*) FROM monitor_alert")
        sent = count("SELECT count(*) FROM monitor_message WHERE status = 'sent' AND address = ''")
        table.row(
            "messages to the webhook: sent, rows",
            f"{len(erp.calls)}, {sent}",
            good=len(erp.calls) == sent,
        )
        table.row("alerts", alerts, good=alerts > PRODUCTS)
        table.row("alerts told twice", len(told) - len({*told}), good=len(told) == len({*told}))
        table.row("alerts lost", alerts - len({*told}), good=alerts == len({*told}))
        ids = [message["Message-ID"] for message in mails.messages]
        posted = count(
            "SELECT count(*) FROM monitor_message WHERE status = 'sent' AND address <> ''"
        )
        good = len(ids) == len({*ids}) == posted
        table.row("mails: sent, different, rows", f"{len(ids)}, {len({*ids})}, {posted}", good=good)
    with psycopg.connect(options.postgres, autocommit=True) as admin:
        admin.execute("DROP DATABASE stallwatch_prove WITH (FORCE)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__)
    parser.add_argument("--before", default="HEAD~1", help="the version to upgrade from")
    parser.add_argument(
        "--postgres",
        default=os.environ.get("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres"),
    )
    parser.add_argument(
        "--redis",
        default=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9"),
        help="is emptied",
    )
    options = parser.parse_args()
    options.before = run("git", "rev-parse", options.before).strip()
    print(f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}", flush=True)
    table = Table()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stallwatch-")))
        # nginx gives up root's rights.
        folder.chmod(0o755)
        prove_units(table, folder / "root")
        try:
            prove_upgrade(table, folder, options, stack)
        except BaseException:
            for log in sorted(folder.glob("*.log")):
                print(
                    f"== {log.name}", *log.read_text().splitlines()[-15:], sep="\n", file=sys.stderr
                )
            raise
    sys.exit(f"{table.failed} rows are wrong." if table.failed else 0)


if __name__ == "__main__":
    main()
