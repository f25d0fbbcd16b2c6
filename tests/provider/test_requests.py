"""The requests to the provider, and their connections."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.provider.client import Client
from monitor.provider.observation import Quota
from tests.provider.conftest import KEY, SECRET, MakeClient
from tests.provider.wire import NUM_IID, Wire


def test_the_request_is_as_the_provider_documents_it(server: Wire, client: Client) -> None:
    observation = client.observe(NUM_IID)

    assert server.requests[0].startswith("GET /douyin/item_get_app/?")
    assert server.queries == [
        {
            "key": KEY,
            "secret": SECRET,
            "num_iid": NUM_IID,
            "cache": "no",
            "result_type": "json",
            "lang": "cn",
        }
    ]
    assert (observation.request_id, observation.from_cache) == ("gw-1.6256900b565d8", True)
    assert observation.data_time == datetime(2022, 4, 12, 0, 51, 14, tzinfo=UTC)
    assert observation.quota == Quota(0, 11_000)


def test_api_cache_and_language_are_options(server: Wire, make_client: MakeClient) -> None:
    make_client(lang="en").observe(NUM_IID, api="item_get", cache="yes")

    assert server.requests[0].startswith("GET /douyin/item_get/?")
    assert {"num_iid": NUM_IID, "cache": "yes", "lang": "en"}.items() <= server.queries[0].items()


def test_the_path_and_the_platform_are_in_the_request(
    server: Wire, make_client: MakeClient
) -> None:
    make_client(f"{server.url}/gateway/", platform="taobao").observe(NUM_IID)

    assert server.requests[0].startswith("GET /gateway/taobao/item_get_app/?key=")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in server.requests[0]


def test_it_ignores_proxies_and_netrc_of_the_environment(
    server: Wire, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password known\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    client.observe(NUM_IID)

    assert "authorization" not in server.requests[0].lower()
