"""Where the provider is and how a request to it begins, worked out once from the configuration."""

import ssl

import certifi

from monitor.provider.config import ClientConfig
from monitor.provider.connection import Origin
from monitor.provider.proxy import environment_proxy
from monitor.provider.request import RequestBuilder

_PORTS = {"http": 80, "https": 443}


def origin_of(config: ClientConfig) -> Origin:
    """The host to connect to. Only a proxy that the configuration asks for is taken from the environment."""
    parts = config.split_url()
    host = parts.hostname or ""
    tls = None
    if parts.scheme == "https":
        tls = ssl.create_default_context(cafile=config.ca_bundle or certifi.where())
        tls.set_alpn_protocols(["http/1.1"])
    proxy = environment_proxy(parts.scheme, host) if config.use_environment_proxies else None
    return Origin(host, parts.port or _PORTS[parts.scheme], tls, proxy)


def requests_of(config: ClientConfig, origin: Origin) -> RequestBuilder:
    """The builder of requests to `origin`; a plain proxy is told the whole URL and is logged in to with each."""
    parts = config.split_url()
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    if origin.port != _PORTS[parts.scheme]:
        host = f"{host}:{origin.port}"
    base, headers = f"{parts.path.rstrip('/')}/{config.platform}", ""
    if origin.proxy is not None and origin.tls is None:
        base, headers = f"http://{host}{base}", origin.proxy.header
    return RequestBuilder(base, host, {"key": config.key, "secret": config.secret}, headers)
