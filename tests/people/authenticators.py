"""An authenticator app and a passkey, as programs: what a user's phone does."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from monitor.models import User

FLAG = AuthenticatorData.FLAG


@dataclass
class App:
    """An authenticator app that knows the secret of one account."""

    secret: str = field(default_factory=generate_totp_secret)

    @classmethod
    def of(cls, user: User) -> "App":
        """Switched on for `user`, with recovery codes."""
        app = cls()
        TOTP.activate(user, app.secret)
        RecoveryCodes.activate(user)
        return app

    def code(self, later: int = 0) -> str:
        """Return the code that it shows now, or `later` half minutes."""
        return str(format_hotp_value(hotp_value(self.secret, int(time.time()) // 30 + later)))


def recovery_codes(user: User) -> list[str]:
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    codes: list[str] = row.wrap().get_unused_codes()
    return codes


@dataclass
class Passkey:
    """A passkey for the site, in a browser that shows a page of `origin`."""

    origin: str = "http://localhost:8000"
    site: str = "localhost"
    flags: FLAG = FLAG.UP | FLAG.UV
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = b"a-passkey-of-a-test"
    user_handle: str = ""

    def create(self, question: dict[str, Any]) -> str:
        """Return what `navigator.credentials.create` answers, as JSON."""
        asked = question["publicKey"]
        self.user_handle = asked["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(b"\0" * 16, self.credential_id, public)
        data = AuthenticatorData.create(
            sha256(self.site.encode()), self.flags | FLAG.AT, 0, credential
        )
        told = CollectedClientData.create("webauthn.create", asked["challenge"], self.origin)
        response = {
            "attestationObject": _text(AttestationObject.create("none", data, {})),
            "transports": ["internal"],
        }
        return self._answer(told, response)

    def stored(self, name: str) -> dict[str, Any]:
        """Return what the site keeps of it."""
        question = {"publicKey": {"user": {"id": ""}, "challenge": _text(b"asked")}}
        return {"name": name, "credential": json.loads(self.create(question))}

    def get(self, question: dict[str, Any]) -> str:
        """Return what `navigator.credentials.get` answers, as JSON."""
        told = CollectedClientData.create(
            "webauthn.get", question["publicKey"]["challenge"], self.origin
        )
        data = AuthenticatorData.create(sha256(self.site.encode()), self.flags, 1)
        signature = self.key.sign(data + told.hash, ec.ECDSA(SHA256()))
        response = {
            "authenticatorData": _text(data),
            "signature": _text(signature),
            "userHandle": self.user_handle,
        }
        return self._answer(told, response)

    def _answer(self, told: bytes, response: dict[str, Any]) -> str:
        name = _text(self.credential_id)
        answer = {"clientDataJSON": _text(told), **response}
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": answer,
                "clientExtensionResults": {},
            }
        )


def _text(data: bytes) -> str:
    return websafe_encode(bytes(data))


def long_after_login(web: Client) -> Client:
    """Return the same browser, hours later: the login no longer proves who the user is."""
    session = web.session
    session["logged_in_at"] = 0
    session.save()
    return web


def confirm(web: Client, password: str = "a-password") -> None:
    """Give the password once more, as the security of the account asks."""
    assert web.post("/confirm/", {"password": password, "next": "/settings/"}).status_code == 302
