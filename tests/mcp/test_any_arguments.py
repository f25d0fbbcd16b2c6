"""Whatever a model sends, a tool succeeds or says what is wrong, and never is it our fault."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.mcp.tools import operations
from monitor.models import Throttle, Watchlist
from tests.mcp import Assistant
from tests.models.factories import AlertFactory, ProductFactory, WatchFactory, WatchlistFactory

TOOLS = [operation.tool for operation in operations().values()]
pytestmark = pytest.mark.django_db(transaction=True)
ODD = st.sampled_from(
    [
        *(
            "",
            "0",
            "-1",
            "1e3",
            "9" * 18,
            "9" * 400,
            "\0",
            "null",
            "[]",
            "../usage",
            "?q=",
            "衬" * 600,
        ),
        *(
            "2026-11-25",
            "2026-11-25T00:00:00",
            "2026-11-25T00:00:00Z",
            "9999-12-31T00:00:00Z",
            "day",
            "price",
        ),
        *(
            None,
            True,
            0,
            -1,
            2**63,
            10**400,
            0.001,
            1e308,
            [],
            [None],
            ["\0"],
            ["1"] * 101,
            {},
            {"a": 1},
        ),
    ]
)


@pytest.fixture
def things(watchlist: Watchlist) -> list[str]:
    """IDs of the merchant's things and of a stranger's."""
    for owned, title in ((watchlist, "Shirt"), (WatchlistFactory.create(name="Secret"), "Secret")):
        watch = WatchFactory.create(
            watchlist=owned, product=ProductFactory.create(title=title), note=title
        )
        AlertFactory.create(watchlist=owned, product=watch.product)
    rows = Watchlist.objects.values_list("pk", "watches__product__num_iid", "alerts")
    return sorted({str(key) for row in rows for key in row if key is not None})


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_call_is_our_fault(data: st.DataObject, writer: Assistant, things: list[str]) -> None:
    ids = st.sampled_from(things)
    tool = data.draw(st.sampled_from(TOOLS))
    arguments: dict[str, Any] = {}
    for name, schema in tool.input_schema["properties"].items():
        if name in tool.input_schema["required"] or data.draw(st.booleans()):
            fitting = (
                st.sampled_from(schema["enum"])
                if "enum" in schema
                else ids | st.lists(ids, max_size=3)
            )
            arguments[name] = data.draw(fitting | ODD)
    Throttle.objects.all().delete()
    result = writer.result(tool.name, **arguments)
    words = "".join(content.text for content in result.content if content.type == "text")
    assert "Secret" not in words
    if result.is_error:
        assert words
        assert "(500)" not in words


def test_what_is_wrong_is_said(writer: Assistant) -> None:
    for arguments in ({}, {"num_iid": "\0"}, {"num_iid": ".."}):
        assert writer.error("product", **arguments) == "num_iid: an ID is a text of digits."
    assert "Not Found (404)" in writer.error("product", num_iid="3514453298386183303")
    assert "query.limit: " in writer.error("products", limit=10**30)
    assert "query.since: " in writer.error("watched_changes", since="2026-11-25T00:00:00")
    assert "This is no cursor of this query. (422)" in writer.error("alerts", cursor="odd")
    assert "query.list: There is no such parameter." in writer.error("products", list="1")
    assert "body.title: Extra inputs" in writer.error("make_watchlist", name="A", title="B")
    assert "Unknown tool" in writer.error("delete_everything")
