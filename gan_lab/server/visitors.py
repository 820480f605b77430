"""Who is who: a random cookie a browser, which no script of a page can read; and for limits also
the address of the client, as anyone can invent cookies."""

from __future__ import annotations

import ipaddress
import re
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "ganlab_visitor"
_FORWARDED = re.compile(r'(?i)\bproto="?(\w+)')
_YEAR = 365 * 24 * 3600
_LOCAL = "127.0.0.1"
_IPV6_NETWORK = 64  # bits of an IPv6 address that a provider assigns; the client chooses the others


class Sender(NamedTuple):
    """Whom a request counts against. Rights depend on the visitor alone.

    Attributes:
        visitor: the cookie; "" for all who bring none.
        address: as :func:`network_of` returns it.
    """

    visitor: str
    address: str = ""


def sender_of(connection: HTTPConnection) -> Sender:
    """The sender of a request or of a WebSocket.

    The address is ``scope["client"]``. uvicorn takes it from ``X-Forwarded-For`` only where the
    connection comes from a proxy in ``FORWARDED_ALLOW_IPS`` (this machine, by default). No header
    is read here, as a client can write any address into it.
    """
    client = connection.client
    return Sender(connection.cookies.get(COOKIE, ""), network_of(client.host if client else ""))


def network_of(host: str) -> str:
    """The address by which clients are counted: an IPv4 address, the /64 network of an IPv6 address
    (a client may use each address in it), one name for this machine, anything else as it is."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return _LOCAL
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), _IPV6_NETWORK), strict=False))
    return str(address)


class VisitorCookie:
    """Middleware: a visitor who opens a page and has no cookie yet is given one.

    HttpOnly, because it is the right to control runs; SameSite=Lax, so that a link from
    elsewhere still finds one's own run; Secure where the page came over https.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_newcomer(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure = "; Secure" if _is_encrypted(scope) else ""
                MutableHeaders(scope=message).append(
                    "set-cookie",
                    f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={_YEAR}; HttpOnly;"
                    f" SameSite=Lax{secure}",
                )
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _is_encrypted(scope: Scope) -> bool:
    """Whether the page came over https, to this server or to a proxy before it. Whoever lies about
    it only has a cookie that his own browser does not send."""
    headers = Headers(scope=scope)
    forwarded = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    told = _FORWARDED.search(headers.get("forwarded", "").partition(",")[0])
    schemes = {scope.get("scheme"), forwarded, told[1].lower() if told else ""}
    return bool(schemes & {"https", "wss"})


def _is_newcomer(headers: Headers) -> bool:
    """Whether this asks for a page (not for a part of one) and brings no cookie."""
    if "text/html" not in headers.get("accept", ""):
        return False
    try:
        return not SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return True
