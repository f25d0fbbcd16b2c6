"""Identifiers of normalised records: the provider may treat them as numbers, which lose their last
digits."""

import pytest

from monitor.provider.errors import BadReply
from tests.provider.records import normalised, observe
from tests.provider.wire import NUM_IID

URL = f"https://haohuo.jinritemai.com/views/product/item2?id={NUM_IID}"
ROUNDED = int(float(NUM_IID))


@pytest.mark.parametrize(
    ("num_iid", "url"),
    [
        (NUM_IID, ""),
        (f" {NUM_IID} ", ""),
        (ROUNDED, URL),
        (float(NUM_IID), URL),
        (str(ROUNDED), URL),
        ("3.5144532983862E+18", URL),
        (None, URL),
        (None, f"https://x.test/a?b=1&id={NUM_IID}"),
    ],
)
def test_a_rounded_identifier_is_read_from_the_products_url(num_iid: object, url: object) -> None:
    assert observe(normalised(num_iid=num_iid, detail_url=url)).num_iid == NUM_IID


@pytest.mark.parametrize(
    ("num_iid", "url"),
    [
        (ROUNDED, ""),
        (float(NUM_IID), "https://v.douyin.com/abc/"),
        (None, f"https://x.test/?id={NUM_IID}0"),
        ("1" * 20, ""),
        (True, ""),
        ("١٢", ""),
        (None, ["?id=1"]),
    ],
)
def test_an_incomplete_identifier_is_refused(num_iid: object, url: object) -> None:
    with pytest.raises(BadReply):
        observe(normalised(num_iid=num_iid, detail_url=url))
