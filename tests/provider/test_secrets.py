"""Key and secret are in requests and nowhere else."""

import json
import logging
import pickle
import socket
import traceback
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import quote, quote_plus

import pytest

from monitor.provider.client import Client
from monitor.provider.errors import ApiError, ProviderError
from tests.provider.conftest import KEY, SECRET, MakeClient
from tests.provider.wire import NUM_IID, Wire, http, sample

FORMS = {
    form.lower()
    for secret in (KEY, SECRET)
    for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
}
FORMS |= {form.replace("/", "\\/") for form in FORMS} | {json.dumps(form)[1:-1] for form in FORMS}
ECHO = (
    f"key={KEY}&secret={quote_plus(SECRET)} {quote(KEY, safe='').upper()} {quote(SECRET)} "
    f"{SECRET.upper()}"
)


def assert_nothing_in(text: str) -> None:
    assert [form for form in FORMS if form in text.lower()] == []


def assert_error_has_no_secret(error: BaseException) -> None:
    """Assert that the error, its traceback and the locals of all frames contain neither key nor
    secret."""
    ours = (
        error.__traceback__.tb_next if error.__traceback__ else None
    )  # the test's own frame holds the forms
    shown = traceback.TracebackException(type(error), error, ours, capture_locals=True)
    assert_nothing_in("".join(shown.format()))
    assert_nothing_in("".join(traceback.format_exception(error)))
    assert_nothing_in(f"{error} {error!r} {error.args} {vars(error)}")
    assert error.__cause__ is None
    assert error.__context__ is None


def after(answer: bytes) -> Callable[[socket.socket, int], None]:
    def script(connection: socket.socket, _number: int) -> None:
        connection.sendall(answer)

    return script


def echoing(code: object, **more: object) -> bytes:
    return http(
        {
            "error": ECHO,
            "reason": ECHO,
            "error_code": code,
            "request_id": KEY,
            "call_args": {"key": KEY},
        }
        | more
    )


FAULTS = {
    "silence": None,
    "garbage": b"garbage\r\n",
    "truncated": http(sample(), length=99_999),
    "broken header": http(sample(), 502, "a line that is none"),
    "redirect": http(
        b"",
        302,
        f"Location: https://evil.test/?{ECHO.replace(' ', '&')}".encode("ascii", "ignore").decode(),
    ),
    "not JSON": http(f'{{"reason": "{ECHO}'.encode()),
    "refused key": echoing("4005"),
    "unknown code": echoing(KEY),
    "escaped": http(
        json.dumps({"error": "x", "error_code": "4005", "reason": ECHO})
        .replace("/", "\\/")
        .encode()
    ),
    "GBK": http(
        json.dumps(
            {"error": "失败", "error_code": "4005", "reason": f"密钥{KEY}"}, ensure_ascii=False
        ).encode("gbk")
    ),
    "split by controls": http(
        {
            "error": "x",
            "error_code": "4005",
            "reason": KEY[:5] + "\0" + KEY[5:] + " " + "\u202e".join(KEY),
        }
    ),
    "at the cut": http({"error": "x", "error_code": "4005", "reason": "密" * 190 + KEY}),
    "within the record": http(
        {"error": "", "error_code": "0000", "item": {"error": ECHO, "reason": ECHO}}
    ),
    "no record": echoing("0000", error="", item={"format_check": "fail", "url": ECHO}),
    "another product": echoing("0000", error="", item={"product_id": KEY, "name": ECHO}),
    "nested": http(b'{"a": "' + KEY.encode() + b'", "b":' + b"[" * 900 + b"]" * 900 + b"}"),
}


@pytest.fixture(autouse=True)
def _all_logs_and_output(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    HTTPConnection.debuglevel = 1
    yield
    HTTPConnection.debuglevel = 0
    assert_nothing_in(caplog.text)
    assert_nothing_in("".join(capfd.readouterr()))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_error_contains_a_secret(
    server: Wire, make_client: MakeClient, fault: bytes | None
) -> None:
    server.script = server.drip() if fault is None else after(fault)
    client = make_client(timeout=0.3 if fault is None else 5)

    with pytest.raises(ProviderError) as caught:
        client.observe(NUM_IID)
    assert_error_has_no_secret(caught.value)
    assert_nothing_in(repr(pickle.loads(pickle.dumps(caught.value)).__dict__))


def test_no_connection_error_contains_a_secret(make_client: MakeClient, server: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (
        f"http://127.0.0.1:{port}",
        "http://nowhere.invalid",
        server.url.replace("http:", "https:"),
    ):
        with pytest.raises(ProviderError) as caught:
            make_client(url, timeout=0.3).observe(NUM_IID)
        assert_error_has_no_secret(caught.value)


def test_the_rest_of_a_reason_is_still_readable(server: Wire, client: Client) -> None:
    server.answer({"error": "x", "error_code": "4005", "reason": f"授权失败 key={KEY} 请检查"})

    with pytest.raises(ApiError, match=r"4005 authentication failed: 授权失败 key=\*\*\* 请检查"):
        client.observe(NUM_IID)


def test_secrets_are_cut_out_of_a_successful_reply(server: Wire, client: Client) -> None:
    payload = sample()
    payload["item"]["name"] = f"衬衫 {KEY}"
    payload["item"]["product_format"] = {KEY: quote_plus(SECRET)}
    payload["request_id"] = f"gw-{KEY}"
    payload["call_args"] = {"key": KEY, "secret": SECRET}
    server.answer(payload)

    assert_nothing_in(repr(client.observe(NUM_IID)))
    assert client.observe(NUM_IID).title == "衬衫 ***"


def test_a_short_word_of_a_secret_does_not_spoil_the_data(
    server: Wire, make_client: MakeClient
) -> None:
    assert (
        make_client(key="衬衫", secret="obj").observe(NUM_IID).title
        == "【古蒂歌品牌】精致磨毛纹理 叠穿衬衣女春装新款 高档磨毛衬衫"
    )


def test_the_clients_objects_do_not_show_their_secrets(client: Client) -> None:
    for holder in (client, client._config, client._redactor):
        assert_nothing_in(f"{holder} {holder!r}")
