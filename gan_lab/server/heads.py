"""Connections on which no whole request comes: uvicorn holds them for ever, and Streamlit offers no
setting for it.

uvicorn makes one protocol object of a fixed class for each connection; nothing that an ASGI
application or its middleware is given can see a connection before its request's head is whole. So
:func:`guard` wraps ``connection_made`` of that class, in place. It relies on the attributes in
:data:`NEEDED`, which ``python -m gan_lab doctor`` checks; without them nothing is wrapped.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import logging
from collections import OrderedDict
from typing import Any

log = logging.getLogger(__name__)

HEAD = 20.0
"""s within which the head of a request must be whole, from the opening of the connection on or from
the end of the answer before it."""
OF_ADDRESS = 64
"""Connections of one address on which no whole head has come yet; one more closes the oldest."""
OF_ALL = 1000
"""As many of all addresses together."""
NEEDED = ("connection_made", "data_received", "connection_lost")
_PROTOCOL = "uvicorn.protocols.http.auto"
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
        address = str(protocol.client[0]) if protocol.client else ""
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
        self._waiting.setdefault(protocol, str(protocol.client[0]) if protocol.client else "")
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


def _waits(protocol: Any) -> bool:
    """Whether no request is under way on it; an idle one that uvicorn closes by itself does not."""
    cycle = protocol.cycle
    idle = protocol.timeout_keep_alive_task is not None
    return not idle and (cycle is None or cycle.response_complete)


def _replaced(protocol: Any) -> bool:
    """Whether it has become a WebSocket."""
    return protocol.transport.get_protocol() is not protocol


def why_not() -> str:
    """Why connections cannot be watched with the installed uvicorn; "" if they can."""
    try:
        found = importlib.import_module(_PROTOCOL).AutoHTTPProtocol
        source = found.__init__.__code__.co_names
    except (ImportError, AttributeError) as error:
        return f"{_PROTOCOL} has changed ({error})"
    lacks = [name for name in NEEDED if not hasattr(found, name)]
    fields = ("transport", "client", "cycle", "timeout_keep_alive_task")
    lacks += [name for name in fields if name not in source]
    return f"uvicorn's protocol lacks {', '.join(lacks)}" if lacks else ""


def guard(heads: Heads | None = None) -> bool:
    """Watch all connections that are made from now on; returns whether that is possible.

    A second call changes nothing but which ``heads`` watch.
    """
    if why := why_not():
        log.warning("slow connections are not closed: %s", why)
        return False
    found = importlib.import_module(_PROTOCOL).AutoHTTPProtocol
    made = getattr(found, _MARK, None) or found.connection_made
    watching = heads or Heads()

    @functools.wraps(made)
    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        watching.opened(self)

    setattr(found, _MARK, made)
    found.connection_made = connection_made
    return True
