"""Hostile messages for the two sockets; each under a name that says what is wrong with it."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from gan_lab.server.limits import LATENT, LIVE, QUESTION, VALUES

from .uploads import GOOD, png

DIM = 6
"""Of the run that is asked."""


def dumped(**fields: object) -> str:
    return json.dumps(fields)


ANY: dict[str, str | bytes] = {
    "nothing": "",
    "no bytes": b"",
    "half a brace": "{",
    "a list": "[]",
    "null": "null",
    "a number": "7",
    "a text": '"hello"',
    "true": "true",
    "an object of nothing": "{}",
    "no JSON": "<script>alert(1)</script>",
    "brackets to the limit": "[" * 900,
    "brackets deeper than Python goes": "[" * 15_000,
    "objects deeper than Python goes": '{"a":' * 3_000,
    "a number without end": "9" * 900,
    "a number that Python does not read": '{"z": ' + "9" * 5_000 + "}",
    "infinity": "Infinity",
    "half a character": '"\\ud800"',
    "a key of half a character": '{"\\ud800": 1}',
    "the same key twice": '{"curves": {}, "curves": 3}',
    "a zero": "\0",
    "bytes of no text": b"\xff\xfe\xfd",
    "a pickle": b"\x80\x04K\x01.",
    "a million letters": "x" * 1_000_000,
    "a million bytes": b"x" * 1_000_000,
    "another key": '{"__proto__": {"hidden": true}}',
    "a command": '{"command": "stop", "owner": "anna"}',
}
"""For both."""

LIVE_WRONG: dict[str, str | bytes] = ANY | {
    "more than a page says": dumped(curves={}, more="x" * LIVE.longest),
    "curves as a number": dumped(curves=3),
    "curves as a text": dumped(curves="all"),
    "curves as a list": dumped(curves=[]),
    "curves since a text": dumped(curves={"since": "x"}),
    "curves since infinity": '{"curves": {"since": Infinity}}',
    "curves since nothing": dumped(curves={"since": None}),
    "curves of a level that is a list": dumped(curves={"level": []}),
    "curves of points that are none": '{"curves": {"points": NaN}}',
    "around a text": dumped(around="12"),
    "around true": dumped(around=True),
    "around half a step": dumped(around=1.5),
    "around a step before all": dumped(around=-1),
    "around a step behind all": dumped(around=10**30),
    "around a step as long as may be": '{"around": ' + "9" * 900 + "}",
    "around nothing": dumped(around=None),
    "what null means": dumped(meaning=None),
    "what a list means": dumped(meaning=["loss/D"]),
    "what nothing means": dumped(meaning=""),
    "what a script means": dumped(meaning="<img src=x onerror=alert(1)>"),
    "what a path means": dumped(meaning="../../etc/passwd"),
    "what a long name means": dumped(meaning="x" * 900),
    "what half a character means": '{"meaning": "\\ud800"}',
    "a still of a path": dumped(still="../config.json"),
    "a still of nothing": dumped(still=None),
    "a still of a script": dumped(still="<script>"),
    "a still of half a character": '{"still": "\\ud800"}',
}
"""Each is answered by an "error", and the talk goes on."""

LIVE_STRANGE: dict[str, str] = {
    "points without end": dumped(curves={"points": 10**18}),
    "points below none": dumped(curves={"points": -5}),
    "no points": dumped(curves={"points": 0}),
    "a level that is none": dumped(curves={"level": 10**9}),
    "a level far below": dumped(curves={"level": -(10**9)}),
    "from behind the end": dumped(curves={"level": 0, "since": 10**18}),
    "from before the beginning": dumped(curves={"level": 0, "since": -(10**18)}),
    "marks behind the end": dumped(curves={"marks": 10**18}),
    "another take": dumped(curves={"take": 10**18}),
    "numbers as texts": dumped(curves={"level": "0", "since": "3", "points": "5"}),
    "more keys than there are": dumped(curves={"a": 1, "b": {"c": []}}),
}
"""Answered by some curves all the same."""

_Z = [0.0] * DIM
LATENT_WRONG: dict[str, str | bytes] = ANY | {
    "z of no numbers": dumped(z=[]),
    "z of two numbers": dumped(z=[1, 2]),
    "z as a text": dumped(z="abc"),
    "z of texts": dumped(z=["a"] * DIM),
    "z of nothing": dumped(z=[None] * DIM),
    "z of lists": dumped(z=[[0.0]] * DIM),
    "z of lists of all lengths": dumped(z=[[0.0] * k for k in range(DIM)]),
    "z as an object": dumped(z={"length": DIM}),
    "z deeper than an array": '{"z": ' + "[" * 100 + "]" * 100 + "}",
    "z without a number": '{"z": [NaN, 0, 0, 0, 0, 0]}',
    "z without an end": '{"z": [Infinity, 0, 0, 0, 0, 0]}',
    "z too far": dumped(z=[1e300, *_Z[1:]]),
    "z too far for a float": '{"z": [1' + "0" * 400 + ", 0, 0, 0, 0, 0]}",
    "a million z": dumped(z=[0] * 100_000),
    "too few bytes": struct.pack("<5f", *_Z[1:]),
    "a byte too many": struct.pack("<6f", *_Z) + b"\0",
    "bytes of no number": struct.pack("<6f", *[float("nan")] * DIM),
    "bytes without an end": struct.pack("<6f", *[float("inf")] * DIM),
    "bytes that are too far": struct.pack("<6f", *[3e38] * DIM),
    "more bytes than any z": bytes(LATENT.longest + 1),
    "a seed that is none": dumped(random=True, seed="x"),
    "a seed below none": dumped(random=True, seed=-1),
    "a seed beyond a browser's numbers": dumped(random=True, seed=2**53),
    "half a seed": dumped(random=True, seed=0.5),
    "a scale that is none": '{"random": true, "scale": NaN}',
    "a scale below none": dumped(random=True, scale=-1),
    "a scale beyond all": '{"random": true, "scale": 1' + "0" * 400 + "}",
    "numbers held nowhere": dumped(random=True, held=[[DIM, 0.0]]),
    "numbers held before the first": dumped(random=True, held=[[-1, 0.0]]),
    "numbers held too far": dumped(random=True, held=[[0, 1e9]]),
    "numbers held as texts": dumped(random=True, held=[["0", "1"]]),
    "numbers held as they are": dumped(random=True, held=5),
    "random as a text": dumped(random="yes"),
    "a question without a number": dumped(ask="samples"),
    "a question of a text for a number": dumped(ask="samples", id="one"),
    "a question of half a number": dumped(ask="samples", id=0.5),
    "a question that there is not": dumped(ask="exec", id=1),
    "a question of a list": dumped(ask=["samples"], id=1),
    "a question of nothing": dumped(ask=None, id=1),
    "a question of an object": dumped(ask={}, id=1),
    "a question of a path": dumped(ask="../kept", id=1),
    "a question of Python's": dumped(ask="__class__", id=1),
    "a question longer than any": dumped(ask="x" * QUESTION, id=1),
    "a question of more numbers than any": dumped(ask="strips", id=1, z=[0] * (VALUES + 1)),
    "a question of lists alone": '{"ask": "strips", "id": 1, "z": ' + "[" * (VALUES + 1),
    "a question under a number as long as may be": '{"ask": "no", "id": ' + "9" * 4_000 + "}",
}
"""Each is answered by an "error", and the talk goes on."""


# -- questions by name -----------------------------------------------------------------------------

_DIRECTION = {"name": "mine", "vector": [1.0, *_Z[1:]]}
_PICTURE = base64.b64encode(GOOD).decode()

SOUND: dict[str, dict[str, Any]] = {
    "directions": {"how": "difference", "here": _Z, "there": [1.0] * DIM, "name": "a"},
    "samples": {"seed": 1, "label": 0},
    "strips": {"z": _Z, "directions": [_DIRECTION]},
    "predicts": {"directions": [_DIRECTION]},
    "kept": {"do": "keep", "direction": _DIRECTION, "name": "mine"},
    "archive": {"directions": [_DIRECTION]},
    "effects": {"label": 0},
    "plane": {"of": "numbers", "z": _Z, "i": 0, "j": 1},
    "lattice": {
        "origin": _Z,
        "across": [1.0, *_Z[1:]],
        "up": [*_Z[1:], 1.0],
        "places": [[0, 0]],
        "side": 8,
    },
    "inside": {"z": _Z, "stage": 1, "turned": [[1, 0, 1.0]]},
    "turned": {"z": _Z, "turned": [[1, 0, 1.0]]},
    "important": {"z": _Z, "stage": 1},
    "saliency": {"of": "real", "index": 0, "calm": False, "stage": 1},
    "wells": {"a": [_Z], "b": [_Z], "c": [], "usual": True},
    "real": {"part": "train", "page": 0},
    "subject": {"of": "file", "file": _PICTURE, "number": 0},
    "inversion": {"of": "here", "z": _Z, "steps": 2, "starts": 1, "seed": 0, "only": -1},
    "neighbours": {"of": "train", "number": 0, "feature": "pixels"},
    "memorised": {"feature": "pixels", "seed": 0},
    "stops": {"count": 2, "seed": 1},
    "path": {"stops": [_Z, [1.0] * DIM], "frames": 2, "loop": False, "ease": False},
    "wander": {"z": _Z, "frames": 2, "seed": 1, "loop": False},
    "ages": {"z": _Z},
    "reel": {"file": "gif", "what": "wander", "z": _Z, "frames": 2, "seed": 1, "loop": True},
}
"""Every question that there is, asked as a page asks it."""

WRONG: dict[str, object] = {
    "nothing": None,
    "a text": "<img src=x onerror=alert(1)>",
    "a path": "../../../etc/passwd",
    "half a character": "\ud800",
    "true": True,
    "below none": -1,
    "half": 0.5,
    "beyond all": 10**400,
    "no number": float("nan"),
    "without an end": float("inf"),
    "an empty list": [],
    "a list of lists of lists": [[[[]]]],
    "an object": {"a": 1},
    "a long list": [0] * 2_000,
    "a list of texts": ["x"] * DIM,
}
"""Values for each field of each question."""

SLOW = {"memorised", "predicts", "neighbours"}
"""Questions that take long even where nothing is wrong; only what is refused at once is tried."""

PICTURES: dict[str, bytes] = {
    "no bytes": b"",
    "a script": b"<script>",
    "60,000 px": png(60_000, 60_000),
    "16 million px": png(4_000, 4_000, pixels=bytes(4_000 * 12_001)),
    "25 million px": png(5_000, 5_000, pixels=bytes(5_000 * 15_001)),
    "a picture cut off": GOOD[:40],
    "more than five megabytes": bytes(5 * 2**20 + 1),
}
"""For the field ``file``."""
