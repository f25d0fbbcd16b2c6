"""A response's content: read to its end, decompressed, and never more of it than a reply may have."""

import zlib
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse

from monitor.provider.connection import TooLarge
from monitor.provider.limits import MAX_BODY_BYTES

_READ_SIZE = 64 * 1024
# zlib's own number for 'gzip or zlib, see which'.
_GZIP_OR_ZLIB = 47
_GZIP_MAGIC = b"\x1f\x8b"


class Undecodable(HTTPException):
    """Content that is not compressed as its header says, or not to its end."""


def read_content(response: HTTPResponse) -> bytes:
    """The content, decompressed. Raises TooLarge, Undecodable and what `HTTPResponse.read` raises.

    A gigabyte of zeros fits in a megabyte of gzip, so decompressing stops at the limit, not after it.
    """
    encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding == "identity":
        return _plain(response)
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise Undecodable
    try:
        return b"".join(_inflated(_pieces(response)))
    except zlib.error:
        pass
    raise Undecodable


def _plain(response: HTTPResponse) -> bytes:
    if response.length is None:
        return b"".join(_pieces(response))
    if response.length > MAX_BODY_BYTES:
        raise TooLarge
    return response.read()


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    read = 0
    while piece := response.read(_READ_SIZE):
        read += len(piece)
        if read > MAX_BODY_BYTES:
            raise TooLarge
        yield piece
    # Asked for a size, http.client takes a connection's end for the content's.
    if response.length:
        raise Undecodable


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflater, left = zlib.decompressobj(_GZIP_OR_ZLIB), MAX_BODY_BYTES
    for piece in pieces:
        compressed = piece
        while compressed:
            data = inflater.decompress(compressed, left + 1)
            left -= len(data)
            if left < 0:
                raise TooLarge
            yield data
            compressed = b""
            if inflater.eof and inflater.unused_data.startswith(_GZIP_MAGIC):
                compressed, inflater = inflater.unused_data, zlib.decompressobj(_GZIP_OR_ZLIB)
    if not inflater.eof:
        raise Undecodable
