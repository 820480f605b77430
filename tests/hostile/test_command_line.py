"""The command line: whatever is given ends with one line on stderr, and nothing is left behind."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.cli import main
from gan_lab.config import KNOBS
from tests.archives.zipping import one, raw_zip
from tests.patience import WAIT

from .command_line import LINES
from .harness import sentence, tree, watched
from .uploads import ENTRIES, PAYLOAD

SECRET = "not to be touched"


@pytest.fixture(scope="module")
def hostile_zip():
    """No picture of it can be read."""
    bad = [make() for make, _ in ENTRIES.values()]
    unsafe = [entry for entry in bad if not entry["name"].startswith(b"good-1")]
    return raw_zip([one(b"script.png", PAYLOAD), *unsafe])


@pytest.fixture
def call(tmp_path, monkeypatch, trained, hostile_zip):
    """Run a command line in a folder with hostile things around it."""
    work = tmp_path / "work"
    (work / "deep").mkdir(parents=True)
    (work / "deep" / "back").symlink_to(work / "deep", target_is_directory=True)
    (tmp_path / "secret").write_text(SECRET, "utf-8")
    os.mkfifo(work / "pipe")
    (work / "own.zip").write_bytes(hostile_zip)
    for name in ("RUNS", "CACHE", "DATA"):
        monkeypatch.setenv(f"GANLAB_{name}", str(work / name.lower()))
    monkeypatch.chdir(work)
    places = {
        "run": trained,
        "pipe": work / "pipe",
        "secret": tmp_path / "secret",
        "zip": work / "own.zip",
        "deep": work / "deep",
    }

    def run(*arguments):
        given_ = [a.format(**places) if "{" in a and a.count("{") == 1 else a for a in arguments]
        out, err = console(), console()
        # the user's own word is a place too
        named = [Path(a) for a in given_ if a.startswith("/")] + [places["secret"]]
        with (
            watched(work, *named),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(given_)
        return code, read(out), read(err), work

    return run


def console() -> io.TextIOWrapper:
    """As a terminal's: what it cannot write it writes in another way."""
    return io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace", write_through=True)


def read(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode()


@pytest.mark.parametrize("case", LINES)
def test_what_cannot_be_done_is_said_in_one_line(call, tmp_path, case):
    before = tree(tmp_path)
    code, out, err, _ = call(*LINES[case])
    assert code in (1, 2) and out == ""
    *told, last = err.splitlines()
    assert last.startswith("error: ") and "\x1b" not in err
    sentence(last.removeprefix("error: ").replace(str(tmp_path), ""), longest=1200)
    assert all(line.startswith(("data: ", "advice: ")) or "left out" in line for line in told)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "option", ["--steps", "--images", "--seconds", "--seed", "--device", "--preset", "--data"]
)
@settings(deadline=None, max_examples=25, derandomize=True, database=None)
@given(text=st.text(st.characters(exclude_characters="\0"), max_size=30))
def test_no_text_of_an_option_breaks_the_command_line(option, text):
    # a run is to go on that is not there, so nothing is trained whatever the text is
    ended("train", "--resume", "/nowhere/at/all", option, text)


@settings(deadline=None, max_examples=150, derandomize=True, database=None)
@given(
    path=st.sampled_from(sorted(KNOBS))
    | st.text(st.characters(exclude_characters="\0"), max_size=20),
    value=st.text(st.characters(exclude_characters="\0"), max_size=30)
    | st.sampled_from(["nan", "inf", "-1", "1e999", "9" * 5_000, "[" * 999, "true", ""]),
)
def test_no_setting_breaks_the_command_line(path, value):
    ended("train", "--resume", "/nowhere/at/all", "--set", f"{path}={value}")


def ended(*arguments):
    out, err = console(), console()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    assert code == 2 and read(out) == ""
    assert read(err).startswith("error: ") and read(err).count("\n") == 1
    assert "Traceback" not in read(err)


def test_a_process_of_its_own_ends_the_same(tmp_path):
    """Bytes of no text as the system gives them, and a zip's name with a terminal's colours."""
    arguments = [b"datasets", b"\xff\xfe\x1b[31m.zip"]
    done = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"gan_lab", *arguments],
        capture_output=True,
        cwd=tmp_path,
        timeout=WAIT,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.count(b"\n") == 1 and b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stderr and list(tmp_path.iterdir()) == []
