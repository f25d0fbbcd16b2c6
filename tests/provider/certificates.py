"""Self-signed certificates for servers on this machine."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    file: Path
    key: Path

    def of_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context

    def trusted(self) -> ssl.SSLContext:
        """Return what a client uses that trusts this certificate, and no other."""
        return ssl.create_default_context(cafile=str(self.file))


def self_signed(folder: Path, *hosts: str) -> Certificate:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with the openssl command")
    certificate = Certificate(folder / "certificate.pem", folder / "key.pem")
    names = ",".join(f"DNS:{host}" for host in hosts)
    subject = ["-subj", "/CN=stand-in", "-addext", f"subjectAltName={names}"]
    files = ["-keyout", str(certificate.key), "-out", str(certificate.file)]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    return certificate
