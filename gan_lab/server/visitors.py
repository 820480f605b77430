"""Who is who: a random cookie a browser, which no script of a page can read."""

from __future__ import annotations

import re
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "ganlab_visitor"
_FORWARDED = re.compile(r'(?i)\bproto="?(\w+)')
_YEAR = 365 * 24 * 3600


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
