"""A server ends after a signal although a response is still open."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.patience import WAIT

ROOT = Path(__file__).parents[2]
SERVER = """
import asyncio, contextlib, sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from gan_lab.server import end

end.LINGER = float(sys.argv[1])

async def slow(_request):
    async def parts():
        yield b"begun"
        await asyncio.Event().wait()
    return StreamingResponse(parts())

def close():
    print("closed", flush=True)

@contextlib.asynccontextmanager
async def lifespan(_app):
    with end.ended_by_signals(close):
        yield

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)

app = Starlette(routes=[Route("/slow", slow)], lifespan=lifespan)
print("not flushed", end="", file=sys.stderr)
Server(uvicorn.Config(app, port=0, log_level="critical")).run()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -15), (signal.SIGINT, 1)])
def test_an_open_response_does_not_hold_the_server(number: int, code: int):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, "0.1"], env={"PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/slow", timeout=WAIT) as response:
            assert response.read(5) == b"begun"
            process.send_signal(number)
            out, err = process.communicate(timeout=WAIT)
    finally:
        process.kill()
    assert process.returncode == code, err
    assert (out, err) == ("closed\n", "not flushed")


def test_a_server_without_open_responses_ends_as_uvicorn_does():
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, "600"], env={"PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, out) == (-signal.SIGTERM, "closed\n"), err
