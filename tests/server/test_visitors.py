"""Whom a request counts against."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import HTTPConnection
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gan_lab.server.visitors import COOKIE, Sender, network_of, sender_of
from tests.event_loop import completed


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "127.0.0.1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_clients_are_counted_by_the_network_that_a_provider_assigns(host, network) -> None:
    assert network_of(host) == network


def sender(peer: tuple[str, int] | None, *headers: tuple[bytes, bytes]) -> Sender:
    """As an endpoint behind uvicorn sees it."""
    found: list[Sender] = []

    async def endpoint(scope: Any, receive: Any, send: Any) -> None:
        found.append(sender_of(HTTPConnection(scope)))

    scope: Any = {"type": "http", "client": peer, "headers": list(headers)}
    completed(ProxyHeadersMiddleware(endpoint)(scope, None, None))  # type: ignore[arg-type]
    return found[0]


def test_the_cookie_and_the_address_of_the_client_are_read() -> None:
    cookie = (b"cookie", f"{COOKIE}=anna; other=1".encode())
    assert sender(("192.0.2.1", 50000), cookie) == Sender("anna", "192.0.2.1")
    assert sender(("192.0.2.1", 50000)) == Sender("", "192.0.2.1")
    assert sender(None) == Sender("", "")


def test_only_a_trusted_proxy_tells_another_address() -> None:
    told = (b"x-forwarded-for", b"198.51.100.7")
    assert sender(("127.0.0.1", 50000), told).address == "198.51.100.7"
    assert sender(("192.0.2.1", 50000), told).address == "192.0.2.1"


def test_a_client_behind_a_proxy_cannot_choose_its_address() -> None:
    """A proxy appends the address that it sees to what the client wrote."""
    told = (b"x-forwarded-for", b"203.0.113.5, 198.51.100.7")
    assert sender(("127.0.0.1", 50000), told).address == "198.51.100.7"
