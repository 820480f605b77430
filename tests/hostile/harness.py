"""What holds for every hostile input, whatever entrance it comes to.

It ends within five seconds; nothing is written, renamed or removed but below its place; no process
is started but the limited worker that decodes, no line opened to the network, nothing of a foreign
class unpickled; the memory that it takes on the way is bounded; and what is said about it is a
sentence that a person can act on.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

LONGEST = 5.0
"""s until an input counts as one that hangs the app."""
_WAITS = 6  # times that by the clock: a busy machine is slow, not hung
MEMORY = 400 << 20
"""Bytes that one input may take beyond what was there, at the highest."""


class Hang(BaseException):
    """Not an Exception: code that catches all of those must not swallow it."""


# -- what is done to the machine -------------------------------------------------------------------

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS = {  # events of sys.addaudithook, and which of their arguments are changed paths
    "os.mkdir": (0,),
    "os.rename": (0, 1),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.chmod": (0,),
    "os.chown": (0,),
    "shutil.rmtree": (0,),
    "shutil.move": (0, 1),
    "shutil.copyfile": (1,),
}
_BELOW = {"os.remove", "os.rmdir"}  # with an open folder: a part of shutil.rmtree, which is heard
_NEVER = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "os.spawn",
    "socket.connect",
    "socket.getaddrinfo",
    "webbrowser.open",
}
_DEVICES = ("/dev/null", "/proc/self/", "/dev/shm/")


class Watch:
    """Hears of everything that this process does, while it is on."""

    def __init__(self) -> None:
        self.places: tuple[str, ...] | None = None
        self.wrong: list[str] = []
        sys.addaudithook(self._hear)  # for good: Python knows no way to take one out

    def _hear(self, event: str, arguments: tuple) -> None:
        if self.places is None:
            return
        if event == "subprocess.Popen" and _is_decoder(arguments[1]):
            return
        if event in _NEVER:
            self.wrong.append(f"{event} {arguments!r}"[:200])
        elif event == "pickle.find_class" and arguments[0] in ("os", "posix", "builtins"):
            self.wrong.append(f"unpickled {arguments!r}")
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
            self._judge(event, arguments[0])
        elif event not in _BELOW or arguments[-1] == -1:
            for place in _PATHS.get(event, ()):
                self._judge(event, arguments[place])

    def _judge(self, event: str, path: object) -> None:
        if isinstance(path, int) or not isinstance(path, str | bytes | os.PathLike):
            return
        whole = os.path.realpath(os.fsdecode(path))
        assert self.places is not None
        if whole.endswith(".pyc") or "__pycache__" in whole or whole.startswith(_DEVICES):
            return  # Python's own
        if not any(whole == place or whole.startswith(place + os.sep) for place in self.places):
            self.wrong.append(f"{event} {whole}")


def _is_decoder(command: object) -> bool:
    """Whether it starts one of the app's own worker processes for untrusted bytes."""
    return isinstance(command, list) and command[:4] == [
        sys.executable, "-P", "-m", "gan_lab.sandbox.worker",
    ]  # fmt: skip


_WATCH: Watch | None = None


@contextlib.contextmanager
def watched(*places: Path, memory: int = MEMORY) -> Iterator[None]:
    """Fails at its end if what happened inside did more than it may.

    Args:
        places: folders in which it may write. Where the main thread is not asked, as in a server's
            own threads, it is heard all the same.
        memory: bytes that the process may grow at the highest.
    """
    global _WATCH
    _WATCH = _WATCH or Watch()
    _WATCH.wrong = []
    before = _reset_peak()
    _WATCH.places = tuple(os.path.realpath(place) for place in places)
    try:
        with in_time():
            yield
    finally:
        _WATCH.places = None
    assert not _WATCH.wrong, _WATCH.wrong
    taken = _peak() - before
    assert taken <= memory, f"{taken >> 20} MB were taken, and {memory >> 20} are the most"


@contextlib.contextmanager
def in_time(seconds: float = LONGEST) -> Iterator[None]:
    """Raises Hang inside if it takes longer: so much of the processor, whatever else it is busy
    with, or many times that by the clock, for what waits in a system call or for a lock."""
    assert threading.current_thread() is threading.main_thread()

    def over(*_: object) -> None:
        raise Hang(f"not done after {seconds:g} s")

    timers = {
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
        signal.SIGALRM: (signal.ITIMER_REAL, _WAITS * seconds),
    }
    former = {number: signal.signal(number, over) for number in timers}
    for timer, span in timers.values():
        signal.setitimer(timer, span)
    try:
        yield
    finally:
        for timer, _ in timers.values():
            signal.setitimer(timer, 0)
        for number, handler in former.items():
            signal.signal(number, handler)


def _status(name: str) -> int:
    text = Path("/proc/self/status").read_text("utf-8")
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return 1024 * int(found[1])


def _reset_peak() -> int:
    """Forget the highest so far; returns what is there now. Linux only, as the tests' servers."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


# -- what is said about it -------------------------------------------------------------------------

_CODE = re.compile(
    r"Traceback|\b[A-Z]\w*(?:Error|Exception|Warning)\b|\[Errno|0x[0-9a-f]{6}|<class|<built-in"
    r"|object at\b|\bgan_lab\.|site-packages|\bNoneType\b|self\."
)


def sentence(
    said: str, *, hidden: Sequence[Path | str] = (), most: int = 2, longest: int = 700
) -> None:
    """Assert that this is what people should read.

    Args:
        hidden: places of the server that a visitor has no business to know.
        most: sentences.
        longest: characters.
    """
    assert said.strip(), "nothing was said"
    assert len(said) <= longest, f"{len(said)} characters: {said[:200]}"
    assert not (found := _CODE.search(said)), f"{found[0]!r} in {said!r}"
    assert "\n" not in said.strip(), said
    assert all(c.isprintable() for c in said.strip()), repr(said)
    outside = re.sub(r"'[^']*'|`[^`]*`|\"[^\"]*\"|\([^()]*\)", "…", said)  # not what was quoted
    assert len(re.findall(r"[.!?](?=\s+[A-Z])", outside)) < most, said
    assert len(re.findall(r"[A-Za-z]{2,}", outside)) >= 2, f"no sentence: {said}"
    for place in (*hidden, *_of_the_server()):
        assert str(place) not in said, f"{place} in {said!r}"


def _of_the_server() -> tuple[str, ...]:
    """Where this app and what it uses lie."""
    return (str(Path(__file__).parents[2]), sys.prefix)


def tree(root: Path) -> dict[str, tuple[int, int]]:
    """Every file below it, with size and time: what it was like before."""
    return {
        str(path.relative_to(root)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in root.rglob("*")
        if not path.is_dir()
    }


def no_leftovers() -> list[str]:
    """Temporary files of ours that lie about."""
    folder = Path(tempfile.gettempdir())
    return [path.name for path in folder.glob("ganlab-bring-*")]
