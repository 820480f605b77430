"""What the worst known input of each entrance costs the server, and an innocent visitor beside it.

    python benchmarks/hostile.py [--only NAME ...] [--seconds 60]

The app's server, an attacker and an innocent visitor are three processes on one machine. For each
entrance the attacker sends the input again and again, several at once where the entrance allows it.
The visitor asks the latent page of a generator that came with the app for ten images a second, for
a page every second, and asks a question about a small image of its own every three seconds. It has
a cookie of its own, and a refusal counts as if it had waited in vain. The table has the processor
time and the time until all was answered; the memory of the server with its worker processes, at the
highest over what it was just before (a shared page counts once); and how long the visitor waited.
Everything is sent to 127.0.0.1; after ``--seconds`` nothing more is sent.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import multiprocessing
import os
import socket
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import hostile_inputs as inputs
import psutil
from house import commit, machine
from stage import server
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

VIEW = "pretrained-faces"
SLOWEST = 0.3
"""s: the visitor's 95th percentile at most."""
MEMORY = 300
"""MB that the server's memory may grow."""
_INNOCENT = "ganlab_visitor=innocent"
_IMAGES, _PAGES, _OWN = 0.1, 1.0, 3.0  # s between two of the visitor's questions of each kind
_PATIENCE = 120.0  # s that the visitor and the attacker wait for one answer
_QUIET = 3.0  # s before each attack, in which the memory is measured
_CALM = 0.3  # of a core: what an idle server with one visitor uses at most
_SETTLE = 60.0  # s that the server has to become calm after an attack
_SHOWN = 110  # characters of an answer


class Answer(NamedTuple):
    """What came of one input: s until then, and words."""

    seconds: float
    said: str


@dataclass(frozen=True)
class Attack:
    """One entrance and its worst input.

    Attributes:
        entrance: for people.
        what: the input, for people.
        content: makes it.
        send: (address, content, s) -> what was answered.
        together: senders at once.
        times: that each of them sends it.
    """

    entrance: str
    what: str
    content: Callable[[], bytes]
    send: Callable[[str, bytes, float], str]
    together: int = 2
    times: int = 3


# -- how it is sent --------------------------------------------------------------------------------


def _socket(url: str, name: str = "latent") -> str:
    return f"ws{url[4:]}/ganlab/{name}/{VIEW}"


def _line(url: str, seconds: float, cookie: str) -> ClientConnection:
    headers = {"cookie": cookie} if cookie else {}
    return connect(_socket(url), max_size=None, open_timeout=seconds, additional_headers=headers)


def _said(frame: bytes | str) -> str:
    """The words of an answer on the latent socket."""
    data = frame if isinstance(frame, bytes) else frame.encode()
    length = int.from_bytes(data[:4], "little")
    told = json.loads(data[4 : 4 + length])
    return str(told.get("text") or f"a frame of kind {told.get('kind')}")


def own_image(url: str, content: bytes, seconds: float, cookie: str = "") -> str:
    """As the file of a question of the latent page, which needs no cookie."""
    file = base64.b64encode(content).decode()
    asked = json.dumps({"ask": "subject", "id": 1, "of": "file", "file": file})
    return _asked(url, asked, seconds, cookie)


def own_image_of_many(url: str, content: bytes, seconds: float) -> str:
    """The same by a new visitor each time: a cookie costs nothing."""
    return own_image(url, content, seconds, f"ganlab_visitor=hostile-{os.urandom(6).hex()}")


def frame(url: str, content: bytes, seconds: float) -> str:
    """As one message of the latent socket."""
    return _asked(url, content.decode(), seconds)


def _asked(url: str, message: str, seconds: float, cookie: str = "") -> str:
    try:
        with _line(url, seconds, cookie) as line:
            line.send(message)
            return _said(line.recv(seconds))
    except ConnectionClosed as closed:
        told = closed.rcvd
        return f"closed, {told.code}: {told.reason}" if told else "closed without a code"


def bring(url: str, content: bytes, seconds: float) -> str:
    """As a run that is imported, by a new visitor each time."""
    headers = {"cookie": f"ganlab_visitor=hostile-{os.urandom(6).hex()}"}
    return _http(f"{url}/ganlab/bring?name=run.zip", seconds, content, headers)


def digits(url: str, content: bytes, seconds: float) -> str:
    """As the step of a frame of a timeline."""
    return _http(f"{url}/ganlab/film/{VIEW}/{content.decode()}-x", seconds)


def _http(
    address: str, seconds: float, data: bytes | None = None, headers: dict[str, str] | None = None
) -> str:
    asked = urllib.request.Request(address, data, headers or {})
    try:
        with urllib.request.urlopen(asked, timeout=seconds) as answer:
            return f"{answer.status}: {answer.read(300).decode('utf-8', 'replace')}"
    except urllib.error.HTTPError as error:
        return f"{error.code}: {error.read(300).decode('utf-8', 'replace')}"


def slow_heads(url: str, content: bytes, seconds: float) -> str:
    """Many connections, each with the beginning of a request and then a line now and then."""
    place = urlsplit(url)
    begun, closed = time.monotonic(), 0
    lines = [
        socket.create_connection(("127.0.0.1", place.port or 80), timeout=seconds)
        for _ in range(300)
    ]
    try:
        for line in lines:
            line.sendall(content)
            line.setblocking(False)
        while lines and time.monotonic() - begun < min(seconds, 35.0):
            time.sleep(1.0)
            for line in list(lines):
                if _is_closed(line):
                    lines.remove(line)
                    closed += 1
        return f"{closed} of 300 connections were closed"
    finally:
        for line in lines:
            line.close()


def _is_closed(line: socket.socket) -> bool:
    try:
        line.send(b"x: y\r\n")
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


_IMAGE = "an image asked about on the latent page"
_RUN = "a run that is imported"
ATTACKS: dict[str, Attack] = {
    "jpeg-100": Attack(
        _IMAGE, "progressive JPEG of 100 scans", lambda: inputs.progressive_jpeg(95), own_image
    ),
    "jpeg-100-many": Attack(
        _IMAGE, "the same, each by a new visitor", lambda: inputs.progressive_jpeg(95),
        own_image_of_many, together=8,
    ),
    "jpeg-1000": Attack(
        _IMAGE, "progressive JPEG of 1,000 scans", lambda: inputs.progressive_jpeg(1000), own_image
    ),
    "jpeg-20000": Attack(
        _IMAGE, "progressive JPEG of 20,000 scans", lambda: inputs.progressive_jpeg(20_000),
        own_image, times=1,
    ),
    "png-flat": Attack(_IMAGE, "RGBA PNG of 16 megapixels", inputs.flat_png, own_image, times=6),
    "png-flat-many": Attack(
        _IMAGE, "the same, each by a new visitor", inputs.flat_png, own_image_of_many, together=8,
        times=6,
    ),
    "png-interlaced": Attack(
        _IMAGE, "interlaced PNG of 16 megapixels", inputs.interlaced_png, own_image
    ),
    "gif-frames": Attack(_IMAGE, "GIF of 200,000 frames", inputs.many_framed_gif, own_image),
    "tiff-strips": Attack(_IMAGE, "TIFF of 4,000 LZW strips", inputs.lzw_tiff, own_image),
    "bundle-columns": Attack(
        _RUN, '20,000 columns named ""', inputs.many_columns, bring, together=1, times=2
    ),
    "bundle-lines": Attack(
        _RUN, "60 MB of [] lines", inputs.many_lines, bring, together=1, times=2
    ),
    "zip-bomb": Attack(_RUN, "a file of 1 GiB of zeros", inputs.zip_bomb, bring, times=1),
    "two-directories": Attack(
        _RUN, "a checkpoint with a second directory", inputs.two_directories, bring, times=2
    ),
    "frame-10": Attack(
        "the latent socket", "a message of 10 MB", lambda: b'{"ask": "' + b"x" * 10_000_000, frame,
        together=4, times=10,
    ),
    "frame-40": Attack(
        "the latent socket", "a message of 40 MB", lambda: b'{"ask": "' + b"x" * 40_000_000, frame,
        together=4, times=5,
    ),
    "slow-heads": Attack(
        "connections", "300 unfinished requests", lambda: b"GET / HTTP/1.1\r\nhost: x\r\n",
        slow_heads, together=1, times=1,
    ),
    "digits-4301": Attack(
        "an HTTP route", "a step of 4,301 digits", lambda: b"9" * 4301, digits, together=4, times=50
    ),
    "digits-60000": Attack(
        "an HTTP route", "a step of 60,000 digits", lambda: b"9" * 60_000, digits, together=4,
        times=50,
    ),
}  # fmt: skip


def attacker(pipe: Connection, url: str) -> None:
    """The attacker's process: gets the name of an attack, makes its input, says its size, waits for
    the word to begin, and tells what was answered."""
    while name := pipe.recv():
        attack = ATTACKS[name]
        content = attack.content()
        pipe.send(len(content))
        seconds = pipe.recv()
        send = partial(_sent, attack, url, content, time.monotonic() + seconds)
        with ThreadPoolExecutor(attack.together) as senders:
            pipe.send([one for part in senders.map(send, range(attack.together)) for one in part])


def _sent(attack: Attack, url: str, content: bytes, end: float, _: int) -> list[Answer]:
    """What came of the input for one of several senders."""
    found = []
    for _ in range(attack.times):
        begun = time.monotonic()
        if begun >= end:
            break
        try:
            said = attack.send(url, content, max(end - begun, _PATIENCE))
        except (OSError, TimeoutError) as error:
            late = isinstance(error, TimeoutError) or "timed out" in str(error)
            said = "no answer" if late else f"failed ({error})"
        found.append(Answer(time.monotonic() - begun, said))
    return found


# -- the innocent visitor --------------------------------------------------------------------------


def _refuse_refusal(said: str) -> None:
    """Raises TimeoutError for what is not what the visitor asked for."""
    if not said.startswith("a frame of kind "):
        raise TimeoutError(said)


def visitor(pipe: Connection, url: str) -> None:
    """The innocent visitor's process: asks until something comes through the pipe; tells each
    waiting time as (kind, when it was asked, s)."""
    found: list[tuple[str, float, float]] = []
    over = threading.Event()
    small = base64.b64encode(inputs.small_image()).decode()
    own = json.dumps({"ask": "subject", "id": 1, "of": "file", "file": small})

    def asks(kind: str, every: float, ask: Callable[[], object]) -> None:
        while not over.is_set():
            begun = time.monotonic()
            try:
                ask()
            except (OSError, TimeoutError, ConnectionClosed):
                found.append((kind, begun, _PATIENCE))
                over.wait(1.0)
                continue
            found.append((kind, begun, time.monotonic() - begun))
            over.wait(max(0.0, begun + every - time.monotonic()))

    def over_a_socket(kind: str, every: float, message: str) -> None:
        """One question after the other over one connection, and over a new one if that breaks."""
        lines: list[ClientConnection] = []

        def ask() -> None:
            if not lines:
                lines.append(_line(url, _PATIENCE, _INNOCENT))
            try:
                lines[0].send(message)
                _refuse_refusal(_said(lines[0].recv(_PATIENCE)))
            except BaseException:
                lines.pop().close()
                raise

        asks(kind, every, ask)

    threads = [
        threading.Thread(target=over_a_socket, args=("images", _IMAGES, '{"random": true}')),
        threading.Thread(target=over_a_socket, args=("own", _OWN, own)),
        threading.Thread(target=asks, args=("pages", _PAGES, lambda: _http(url, _PATIENCE))),
    ]
    for thread in threads:
        thread.daemon = True
        thread.start()
    while (asked := pipe.recv()) is not None:
        begun, ended = asked
        pipe.send([one for one in found if begun <= one[1] <= ended])
    over.set()


# -- what the server takes -------------------------------------------------------------------------


class Watch:
    """Memory and processor time of a process with all that it starts, while it is on."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._on = True
        self.peak = 0
        self._gone: dict[int, float] = {}  # processor time by pid, of those that may be gone
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _all(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            return [self._process, *self._process.children(recursive=True)]
        return []

    def _look(self) -> None:
        while self._on:
            self.peak = max(self.peak, self.memory())
            self.seconds()
            time.sleep(0.05)

    def memory(self) -> int:
        """Bytes now."""
        return sum(_proportional(one.pid) for one in self._all())

    def seconds(self) -> float:
        """s of the processor so far; of a process that ended, what it had when it was last seen."""
        for one in self._all():
            with contextlib.suppress(psutil.Error):
                times = one.cpu_times()
                self._gone[one.pid] = times.user + times.system
        return sum(self._gone.values())

    def close(self) -> None:
        self._on = False
        self._thread.join()


def _proportional(pid: int) -> int:
    """Bytes of memory of a process, each shared page divided by those that share it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    return 0


@dataclass
class Found:
    """What one attack came to.

    Attributes:
        name: of the attack.
        size: bytes of the input.
        answers: how it was answered, and how often.
        slowest: s until the last answer to one input.
        took: s until all was answered.
        cpu: s of the processor until the server was calm again.
        calm: s from the last answer until then.
        memory: MB over what it was before, at the highest.
        waits: of the visitor, s, by kind.
    """

    name: str
    size: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    took: float = 0.0
    cpu: float = 0.0
    calm: float = 0.0
    memory: float = 0.0
    waits: dict[str, list[float]] = field(default_factory=dict)

    @property
    def lost(self) -> str:
        """What is not as it should be; "" if all is well."""
        wrong = [f"the visitor waits {p95(w):.2f} s for {kind}" for kind, w in self.waits.items()
                 if p95(w) > SLOWEST]  # fmt: skip
        wrong += [f"memory grows by {self.memory:,.0f} MB"] if self.memory > MEMORY else []
        bad = ("no answer", "failed", "500", "closed without a code")
        wrong += [words for words in self.answers if words.startswith(bad)]
        return "; ".join(wrong)


def p95(waits: Sequence[float]) -> float:
    ordered = sorted(waits)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] if ordered else 0.0


class House:
    """A server with an attacker and a visitor, each in a process of its own."""

    def __init__(self, url: str, pid: int) -> None:
        self.watch_of = pid
        context = multiprocessing.get_context("spawn")
        self._attacker, his = context.Pipe()
        self._visitor, hers = context.Pipe()
        for work, end in ((attacker, his), (visitor, hers)):
            context.Process(target=work, args=(end, url), daemon=True).start()

    def tried(self, name: str, seconds: float) -> Found:
        """One attack, from its first input until the server is calm again."""
        found = Found(name)
        self._attacker.send(name)
        found.size = self._attacker.recv()
        self._calm(_SETTLE)
        time.sleep(_QUIET)
        watch = Watch(self.watch_of)
        before, cpu, begun = watch.memory(), watch.seconds(), time.monotonic()
        self._attacker.send(seconds)
        answers = self._attacker.recv()
        found.took = time.monotonic() - begun
        found.calm = self._calm(_SETTLE)
        ended = time.monotonic()
        found.cpu = watch.seconds() - cpu
        watch.close()
        found.memory = (watch.peak - before) / 1e6
        found.slowest = max(one.seconds for one in answers)
        for one in answers:
            words = " ".join(one.said.split())[:_SHOWN]
            found.answers[words] = found.answers.get(words, 0) + 1
        time.sleep(1.0)
        self._visitor.send((begun, ended))
        for kind, _, waited in self._visitor.recv():
            found.waits.setdefault(kind, []).append(waited)
        return found

    def _calm(self, most: float) -> float:
        """Wait until the server has nothing to do but for the visitor; returns how long, s."""
        watch, begun = Watch(self.watch_of), time.monotonic()
        try:
            while time.monotonic() - begun < most:
                before, now = watch.seconds(), time.monotonic()
                time.sleep(1.0)
                if watch.seconds() - before < _CALM * (time.monotonic() - now):
                    return now - begun
            return most
        finally:
            watch.close()

    def close(self) -> None:
        self._attacker.send("")
        self._visitor.send(None)


HEAD = ("entrance", "input", "bytes", "answer", "slowest answer", "all answered", "processor",
        "memory", "images: p50, p95", "pages: p95", "own image: p95")  # fmt: skip


def row(found: Found) -> list[str]:
    attack = ATTACKS[found.name]
    images, pages, own = (found.waits.get(kind, [0.0]) for kind in ("images", "pages", "own"))
    answers = "; ".join(f"{count} × {words}" for words, count in found.answers.items())
    return [
        attack.entrance, attack.what, f"{found.size:,}", answers.replace("|", "\\|"),
        f"{found.slowest:.1f} s", f"{found.took:.1f} s", f"{found.cpu:.1f} s",
        f"{found.memory:+,.0f} MB",
        f"{1000 * statistics.median(images):.0f}, {1000 * p95(images):.0f} ms",
        f"{1000 * p95(pages):.0f} ms", f"{1000 * p95(own):.0f} ms",
    ]  # fmt: skip


def piece(name: str, seconds: float = 60.0) -> dict[str, Any]:
    """One attack on a server of its own, for ``campaign.py``."""
    with server() as (url, process):
        house = House(url, process.pid)
        try:
            found = house.tried(name, seconds)
        finally:
            house.close()
    return {"lost": found.lost, "row": row(found)}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="*", choices=ATTACKS, default=list(ATTACKS))
    parser.add_argument("--seconds", type=float, default=60.0, help="that one attack may take")
    options = parser.parse_args()
    print(f"{machine()}; commit {commit()}\n\n| {' | '.join(HEAD)} |")
    print(f"|{' --- |' * len(HEAD)}", flush=True)
    lost = {}
    with server() as (url, process):
        house = House(url, process.pid)
        try:
            for name in options.only:
                found = house.tried(name, options.seconds)
                print(f"| {' | '.join(row(found))} |", flush=True)
                if found.lost:
                    lost[name] = found.lost
        finally:
            house.close()
    for name, words in lost.items():
        print(f"\n{name}: {words}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
