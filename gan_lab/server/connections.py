"""Two things that uvicorn does not do and Streamlit has no setting for.

uvicorn holds a connection for ever on which no whole request comes. And where a frame of a
WebSocket is too large, it closes the connection before the client has read the close code.

uvicorn makes one protocol object of a fixed class for each connection; nothing that an ASGI
application or its middleware is given can see a connection before its request's head is whole, or a
frame that is refused. So :func:`guard` wraps one method of each of the two classes, in place. It
relies on the names in :data:`NEEDED` and ``_FIELDS``, which ``python -m gan_lab doctor`` checks;
without them nothing is wrapped.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from gan_lab.server.visitors import network_of

log = logging.getLogger(__name__)

HEAD = 20.0
"""s within which the head of a request must be whole, from the opening of the connection on or from
the end of the answer before it."""
OF_ADDRESS = 64
"""Connections of one address on which no whole head has come yet; one more closes the oldest."""
OF_ALL = 1000
"""As many of all addresses together."""
NEEDED = ("connection_made", "data_received", "connection_lost")
_FIELDS = ("transport", "client", "cycle", "timeout_keep_alive_task")
_MODULES = ("http.auto", "websockets.websockets_sansio_impl")
LINGER = 15.0
"""s that a client has to read the close code of a frame that was refused."""
_MARK = "_ganlab_guarded"


class Heads:
    """The connections of one server that wait for a request. For one event loop's thread.

    Args:
        head: s, as :data:`HEAD`.
        of_address, of_all: as the constants of these names.
    """

    def __init__(
        self, head: float = HEAD, of_address: int = OF_ADDRESS, of_all: int = OF_ALL
    ) -> None:
        self._head, self._of_address, self._of_all = head, of_address, of_all
        self._waiting: OrderedDict[Any, str] = OrderedDict()  # protocols by age: their address

    def opened(self, protocol: Any) -> None:
        """A connection has been made: watch it until it is closed."""
        address = _address(protocol)
        self._waiting[protocol] = address
        self._refuse_too_many(address)
        self._again(protocol, None)

    def _again(self, protocol: Any, seen: Any) -> None:
        """Look at it once more in half of the time; ``seen`` is its last request if it waited for
        the head of another one at this look, a mark for none."""
        loop = asyncio.get_running_loop()
        loop.call_later(self._head / 2, self._look, protocol, seen)

    def _look(self, protocol: Any, seen: Any) -> None:
        if protocol.transport.is_closing() or _replaced(protocol):
            self._waiting.pop(protocol, None)
            return
        if not _waits(protocol):
            self._waiting.pop(protocol, None)
            self._again(protocol, None)
            return
        self._waiting.setdefault(protocol, _address(protocol))
        now = (protocol.cycle,)  # a tuple, as there may have been no request yet
        if seen is not None and seen[0] is now[0]:
            self._close(protocol)
        else:
            self._again(protocol, now)

    def _refuse_too_many(self, address: str) -> None:
        own = [one for one, other in self._waiting.items() if other == address]
        if len(own) > self._of_address:
            self._close_oldest(own, self._of_address)
        if len(self._waiting) > self._of_all:
            self._close_oldest(list(self._waiting), self._of_all)

    def _close_oldest(self, some: list[Any], most: int) -> None:
        """Of those that really wait still; the others are forgotten."""
        for protocol in some:
            if protocol.transport.is_closing() or _replaced(protocol) or not _waits(protocol):
                self._waiting.pop(protocol, None)
        left = [protocol for protocol in some if protocol in self._waiting]
        for protocol in left[: max(0, len(left) - most)]:
            self._close(protocol)

    def _close(self, protocol: Any) -> None:
        self._waiting.pop(protocol, None)
        protocol.transport.abort()  # nobody there reads what a server says


def _address(protocol: Any) -> str:
    return network_of(str(protocol.client[0])) if protocol.client else ""


def _waits(protocol: Any) -> bool:
    """Whether no request is under way on it; an idle one that uvicorn closes by itself does not."""
    cycle = protocol.cycle
    idle = protocol.timeout_keep_alive_task is not None
    return not idle and (cycle is None or cycle.response_complete)


def _replaced(protocol: Any) -> bool:
    """Whether it has become a WebSocket."""
    return protocol.transport.get_protocol() is not protocol


class _Sink(asyncio.Protocol):
    """Reads and forgets what a client still sends after its WebSocket was closed: where the system
    closes a connection with unread bytes, the client loses the close code."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)


class _Unclosed:
    """A transport that is written to and not closed yet."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.write = transport.write

    def close(self) -> None:
        """Later, by :class:`_Sink`."""


def _refuse(handled: Callable[[Any], None], protocol: Any) -> None:
    """Send the close frame of a WebSocket whose frame is too large or damaged, and let it arrive.

    Args:
        handled: uvicorn's own way, which ends with the closing of the transport.
    """
    transport = protocol.transport
    protocol.transport = _Unclosed(transport)
    try:
        handled(protocol)
    finally:
        protocol.transport = transport
    # while a timer is set, uvicorn leaves the closing to it when the application ends
    protocol.close_timer = asyncio.get_running_loop().call_later(LINGER, transport.abort)
    transport.set_protocol(_Sink(protocol))
    transport.resume_reading()
    if transport.can_write_eof():
        transport.write_eof()


def why_not() -> str:
    """Why connections cannot be watched with the installed uvicorn; "" if they can."""
    try:
        http, ws = _protocols()
        source = http.__init__.__code__.co_names
    except (ImportError, AttributeError) as error:
        return f"uvicorn has changed ({error})"
    lacks = [name for name in NEEDED if not hasattr(http, name)]
    lacks += [name for name in _FIELDS if name not in source]
    lacks += [] if hasattr(ws, "handle_parser_exception") else ["handle_parser_exception"]
    return f"uvicorn's protocols lack {', '.join(lacks)}" if lacks else ""


def _protocols() -> tuple[Any, Any]:
    """uvicorn's classes for HTTP and for WebSockets, as Streamlit chooses them. Raises ImportError,
    AttributeError."""
    http, ws = (importlib.import_module(f"uvicorn.protocols.{name}") for name in _MODULES)
    return http.AutoHTTPProtocol, ws.WebSocketsSansIOProtocol


def guard(heads: Heads | None = None) -> bool:
    """Watch all connections that are made from now on; returns whether that is possible.

    A second call changes nothing but which ``heads`` watch.
    """
    if why := why_not():
        log.warning("slow connections are not closed: %s", why)
        return False
    http, ws = _protocols()
    made = getattr(http, _MARK, None) or http.connection_made
    handled = getattr(ws, _MARK, None) or ws.handle_parser_exception
    watching = heads or Heads()

    @functools.wraps(made)
    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        watching.opened(self)

    @functools.wraps(handled)
    def handle_parser_exception(self: Any) -> None:
        _refuse(handled, self)

    setattr(http, _MARK, made)
    setattr(ws, _MARK, handled)
    http.connection_made, ws.handle_parser_exception = connection_made, handle_parser_exception
    return True
