"""Bodies that a strict JSON parser refuses."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.body import read_body
from monitor.provider.client import Client
from monitor.provider.errors import BadReply
from monitor.provider.parse import parse_item
from tests.provider.records import NOW
from tests.provider.wire import NUM_IID, SAMPLES, Wire, http, sample

BODY = (SAMPLES / "item_get_app.json").read_bytes()


def test_the_providers_own_page_with_its_trailing_comma_is_read() -> None:
    payload = read_body((SAMPLES / "item_get_app.as-published.txt").read_bytes())

    assert isinstance(payload, dict)
    assert parse_item(payload, NUM_IID, NOW) == parse_item(sample(), NUM_IID, NOW)


@pytest.mark.parametrize("text", [", }", ",]", '",}', 'a,]b",}', "\\", '\\",}', "[1,]"])
def test_commas_within_texts_stay(text: str) -> None:
    body = json.dumps({"a": text, "b": [1, 2]}).replace("2]", "2 , ]")[:-1] + ",\n}"

    assert read_body(body.encode()) == {"a": text, "b": [1, 2]}


@given(
    st.recursive(
        st.none() | st.text() | st.integers(-9, 9),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_object_with_trailing_commas_is_read_as_without(value: object) -> None:
    body = json.dumps({"value": value})

    assert read_body(body[:-1].encode() + b",}") == read_body(body.encode())


def test_a_byte_order_mark_is_skipped() -> None:
    assert read_body(b"\xef\xbb\xbf" + BODY) == sample()


def test_gbk_is_read_when_it_is_not_utf8() -> None:
    body = json.dumps(
        {"error_code": "4005", "reason": "授权失败，请检查密钥", "error": "联通"},
        ensure_ascii=False,
    )

    assert read_body(body.encode("gbk")) == {
        "error_code": "4005",
        "reason": "授权失败，请检查密钥",
        "error": "联通",
    }


def test_damaged_utf8_is_not_taken_for_gbk() -> None:
    """Read as GBK it would be gibberish, which looks like a new title."""
    title = "精致磨毛纹理".encode()
    damaged = BODY.replace(title, title[:-1] + b"?")
    assert damaged != BODY

    assert isinstance(read_body(damaged), BadReply)


def test_lone_surrogates_and_control_characters_are_let_through_to_be_cleaned() -> None:
    assert read_body(b'{"a": "\\ud800x", "b": "\\u0000\x01", "c": "\\ud83d\\ude00"}') == {
        "a": "\ud800x",
        "b": "\0\x01",
        "c": "😀",
    }
    assert read_body(b'{"a": "\xed\xa0\x80"}') == {"a": "\ud800"}


UNREADABLE = {
    "nothing": b"",
    "blanks": b" \r\n\t ",
    "a page": b"<!DOCTYPE html><html><body>502 Bad Gateway secret-body</body></html>",
    "null": b"null",
    "a text": b'"secret-body"',
    "a list of records": b'[{"item": {}}]',
    "cut short": BODY[:9000],
    "cut within a character": BODY[:1500],
    "two objects": b"{}{}",
    "rubbish after": BODY + b"<br />",
    "brackets": b"[" * 100_000,
    "closed brackets within": b'{"item": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "braces": b'{"a":' * 100_000,
    "utf-16": BODY.decode().encode("utf-16"),
    "noise": bytes(range(256)) * 20,
    "an open text": b'{"item": "' + b'\\"' * 100_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_any_other_body_is_a_bad_reply_that_does_not_show_it(
    server: Wire, client: Client, body: bytes
) -> None:
    server.answer(http(body))

    with pytest.raises(BadReply) as caught:
        client.observe(NUM_IID)
    assert str(caught.value).startswith("the reply is ")
    assert len(str(caught.value)) < 60
    assert "secret-body" not in repr(caught.value)


@pytest.mark.parametrize("piece", [b'\\"', b'"', b",", b", ", b'",', b"\\", b'"\\', b",]", b"{,"])
def test_the_second_attempt_at_a_long_body_takes_linear_time(piece: bytes) -> None:
    body = b'{"a": ' + piece * (1_000_000 // len(piece))

    started = time.process_time()
    assert isinstance(read_body(body), BadReply)
    assert time.process_time() - started < 3


@given(st.binary())
def test_any_bytes_are_an_object_or_a_bad_reply(body: bytes) -> None:
    assert isinstance(read_body(body), dict | BadReply)
