"""A server ends after a signal although a response is still open."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from gan_lab.server.end import kept
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
    print("closed")

@contextlib.asynccontextmanager
async def lifespan(_app):
    with end.ended_by_signals(close):
        yield

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)

app = Starlette(routes=[Route("/slow", slow)], lifespan=lifespan)
Server(uvicorn.Config(app, port=0, log_level="critical")).run()
"""


def started(server: str, linger: float) -> tuple[subprocess.Popen[str], int]:
    """A server process, and its port."""
    process = subprocess.Popen(
        [sys.executable, "-c", server, str(linger)], env={"PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def ended_with_an_open_response(server: str, number: int) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    process, port = started(server, 0.1)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/slow", timeout=WAIT) as response:
            assert response.read(5) == b"begun"
            process.send_signal(number)
            out, err = process.communicate(timeout=WAIT)
    finally:
        process.kill()
    return process.returncode, out, err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -15), (signal.SIGINT, 1)])
def test_an_open_response_does_not_hold_the_server(number: int, code: int):
    ended = ended_with_an_open_response(SERVER, number)
    assert ended == (code, "closed\n", "")


TWO_RUNS = SERVER.replace(
    "app = Starlette(",
    """from gan_lab.server import hub
class Runs:
    under_way = 2
    def close(self):
        under_way, self.under_way = self.under_way, 0
        return under_way, 0
runs = Runs()
hub.registry, hub.warm, hub.REAP_EVERY = lambda: runs, lambda: None, 600
lifespan = hub.lifespan
app = Starlette(""",
)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -15), (signal.SIGINT, 1)])
def test_who_ends_the_server_is_told_that_runs_were_saved(number: int, code: int):
    ended = ended_with_an_open_response(TWO_RUNS, number)
    assert ended == (code, "", "2 runs were saved; open the app again to resume them.\n")


def test_a_server_without_open_responses_says_it_too():
    process, _ = started(TWO_RUNS, 600)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=WAIT)[1].startswith("2 runs were saved;")


@pytest.mark.parametrize(
    ("saved", "others", "said"),
    [
        (0, 0, ""),
        (1, 0, "1 run was saved; open the app again to resume it."),
        (
            3,
            1,
            (
                "3 runs were saved; open the app again to resume them. 1 run was not saved at the"
                " last step; open the app again to resume it from the last checkpoint."
            ),
        ),
    ],
)
def test_what_is_said_of_runs_at_the_end(saved: int, others: int, said: str):
    assert kept(saved, others) == said


def test_runs_that_cannot_be_stopped_do_not_hold_the_server():
    broken = SERVER.replace('print("closed")', "raise OSError('the disk is full')")
    code, _, err = ended_with_an_open_response(broken, signal.SIGTERM)
    assert code == -signal.SIGTERM
    assert "the disk is full" in err


def test_an_exit_handler_that_hangs_does_not_hold_the_server():
    hangs = "import atexit, threading\nfrom gan_lab import threads\nthreads.EXIT_HANDLERS = 0.1\n"
    hangs += "atexit.register(threading.Event().wait)\n"
    for number, code in ((signal.SIGTERM, -15), (signal.SIGINT, 1)):
        ended = ended_with_an_open_response(hangs + SERVER, number)
        assert ended == (code, "closed\n", "")


def test_a_server_without_open_responses_ends_as_uvicorn_does():
    process, _ = started(SERVER, 600)
    process.send_signal(signal.SIGTERM)
    ended = process.communicate(timeout=WAIT)
    assert process.returncode == -signal.SIGTERM
    assert ended == ("closed\n", "")


def test_a_program_goes_on_after_its_server_has_ended():
    """Nothing ends its process later."""
    goes_on = SERVER.replace(
        "Server(uvicorn.Config",
        """import signal
from gan_lab.threads import running
signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it once more
async def main(server):
    await server.serve()
    for thread in running():
        await asyncio.to_thread(thread.join)
    await asyncio.sleep(0.1)
    print("later")
Server.run = lambda server: asyncio.run(main(server))
Server(uvicorn.Config""",
    )
    process, _ = started(goes_on, 20)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, out) == (0, "closed\nlater\n"), err
