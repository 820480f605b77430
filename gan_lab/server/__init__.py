"""What the browser talks to beside Streamlit: own HTTP and WebSocket routes, origin and rights."""

from gan_lab.server.hub import Reached, alone_on, library, lifespan, registry
from gan_lab.server.routes import PREFIX, routes
from gan_lab.server.visitors import COOKIE, Sender, VisitorCookie, network_of

__all__ = [
    "COOKIE",
    "PREFIX",
    "Reached",
    "Sender",
    "VisitorCookie",
    "alone_on",
    "library",
    "lifespan",
    "network_of",
    "registry",
    "routes",
]
