"""Messages without paths of the server."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from gan_lab.words import without_paths

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("fails at x.cc:1: file /tmp/ganlab-a/b.zip is bad", "fails at x.cc:1: file b.zip is bad"),
        ("cannot identify image file '/var/data/x.png'", "cannot identify image file 'x.png'"),
        (f"{ROOT}/runs/a/config.json cannot be read", "config.json cannot be read"),
        (f"{tempfile.gettempdir()}/x y/z.pt", "x y/z.pt"),
        (f"lies in {sys.prefix}", "lies in …"),
        (r"C:\Users\anna\run.zip is damaged", "run.zip is damaged"),
        ("28/28 of G/D, see http://a.b/c/d", "28/28 of G/D, see http://a.b/c/d"),
        ("history/readings.f32 is damaged", "history/readings.f32 is damaged"),
        ("", ""),
    ],
)  # fmt: skip
def test_only_the_name_of_a_file_is_told(said: str, shown: str) -> None:
    assert without_paths(said) == shown
