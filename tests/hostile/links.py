"""Hostile links, presets and configuration files; each under a name that says what is wrong."""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from gan_lab.presets import DEFAULT

EVIL = "<img src=x onerror=alert(1)>[here](http://evil.example)`![x](y)`"


def written(content: object, mark: str = "1") -> str:
    """The text that holds this content, packed as a link is."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = binascii.crc_hqx(text, 0).to_bytes(2, "big") + packer.compress(text) + packer.flush()
    return mark + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def link(tree: object, **extras: object) -> str:
    return written([DEFAULT, "", tree, extras])


DAMAGED: dict[str, str] = {
    "one letter": "1",
    "another version": written([DEFAULT, ""], "2"),
    "no base64": "1%%%%",
    "base64 of nothing": "1" + "A" * 40,
    "a path": "../../etc/passwd",
    "a script": "<script>alert(1)</script>",
    "half a character": "1\ud800",
    "two lines": "1AAAA\nBBBB",
    "a zero": "1AA\0AA",
    "longer than any": "1" + "A" * 7_000,
    "letters that only look like letters": "1\N{FULLWIDTH LATIN CAPITAL LETTER A}AAA",
    "no list": written({}),
    "a list of nothing": written([]),
    "a list of one": written([DEFAULT]),
    "a list of nine": written([1] * 9),
    "other kinds": written([DEFAULT, "", []]),
    "a number for a preset": written([7, "", {}]),
    "deeper than Python goes": written(b"[" * 30_000),
    "a bomb of four megabytes": written(b"[" + b" " * 4_000_000 + b"]"),
    "a number without end": written(b"9" * 20_000),
    "a thousand settings": written([DEFAULT, "", {f"x{k}": 0 for k in range(1_000)}]),
    "no text": written(b"\xff\xfe"),
    "bytes behind the end": written([DEFAULT, ""]) + "AAAA",
    "a wrong check sum": written([DEFAULT, ""])[:1] + "AA" + written([DEFAULT, ""])[3:],
    "a pickle": "1" + base64.urlsafe_b64encode(b"\x80\x04K\x01.").decode().rstrip("="),
}
"""Nothing of them is taken; what a page says instead is one sentence or two."""

IGNORED: dict[str, str] = {
    "a preset that is a path": written(["../../etc/passwd", "", {}]),
    "a preset that is a script": written([EVIL, EVIL, {}]),
    "a preset of 30,000 letters": written(["x" * 30_000, ""]),
    "a file of this machine": link({"data": {"name": "/etc/passwd"}}),
    "a folder above": link({"data": {"name": "../runs"}}),
    "a web address": link({"data": {"name": "https://evil.example/a.zip"}}),
    "a script for a set": link({"data": {"name": EVIL}}),
    "classes that are a path": link({"data": {"name": "digits:../.."}}),
    "a million classes": link({"data": {"name": "digits:" + "1," * 3_000}}),
    "a drawing that is none": link({"data": {"name": "drawn:" + "?" * 900}}),
    "a list for a set": link({"data": {"name": ["digits"]}}),
    "weights of another run": link({"training": {"start_from": "/etc"}}),
    "weights that are a script": link({"training": {"start_from": EVIL}}),
    "z of a million million": link({"latent": {"dim": 10**12}}),
    "z of no numbers": link({"latent": {"dim": 0}}),
    "z of an object": link({"latent": {"dim": {"x": 1}}}),
    "a number as long as may be": written(
        b'["' + DEFAULT.encode() + b'","",{"latent":{"dim":' + b"9" * 4_000 + b"}}]"
    ),
    "no number": written(b'["' + DEFAULT.encode() + b'","",{"optim":{"g":{"lr":NaN}}}]'),
    "without an end": written(b'["' + DEFAULT.encode() + b'","",{"optim":{"g":{"lr":Infinity}}}]'),
    "a batch of a thousand million": link({"training": {"batch": 10**9}}),
    "networks of a million channels": link({"networks": {"g": {"width": 10**6}}}),
    "a layer of another kind": link({"networks": {"g": {"layers": [{"kind": "exec"}]}}}),
    "a layer with another key": link({"networks": {"d": {"layers": [{EVIL: 1}]}}}),
    "two hundred and one layers": link({"networks": {"g": {"layers": [{}] * 201}}}),
    "a layer that is a text": link({"networks": {"g": {"layers": ["conv"]}}}),
    "a loss that is a script": link({"objective": {"loss": EVIL}}),
    "a background that is a style": link({"data": {"background": "url(//evil.example)"}}),
    "a player that there is not": link({"optim": {"players": {"X": {"lr": 1}}}}),
    "a player that is a script": link({"optim": {"players": {EVIL: {"lr": 1}}}}),
    "a player that is a text": link({"optim": {"players": "G"}}),
    "a section that is a number": link({"networks": 3}),
    "settings deeper than any": link({"a": {"b": {"c": {"d": {"e": 1}}}}}),
    "Python's own": link({"__class__": {"__init__": 1}, "model_config": {"extra": "allow"}}),
    "knobs that are scripts": link({}, o=[EVIL], l=[EVIL]),
    "more that is unknown": link({}, evil=EVIL, zzz=1),
    "a device that is a path": link({"training": {"device": "/dev/sda"}}),
    "threads without number": link({"training": {"threads": 10**9}}),
}
"""Something of them is left out, which is told in words that are only words."""


def toml(text: str) -> bytes:
    return text.encode()


CONFIGS: dict[str, tuple[str, bytes]] = {
    "no TOML": ("a.toml", toml("not toml at all [")),
    "bytes of no text": ("a.toml", b"\xff\xfe\x00"),
    "an empty name": ("a.toml", toml("[latent]\n'' = 1\n")),
    "a number of no kind": ("a.toml", toml("[latent]\ndim = 0\n")),
    "a number without end": ("a.toml", toml("[latent]\ndim = inf\n")),
    "a date": ("a.toml", toml("[latent]\ndim = 2026-01-01\n")),
    "a number as long as may be": ("a.toml", toml(f"[latent]\ndim = {'9' * 5_000}\n")),
    "an unknown section": ("a.toml", toml("[evil]\nx = 1\n")),
    "an unknown key": ("a.toml", toml("[latent]\ndims = 8\n")),
    "a section that is a number": ("a.toml", toml("latent = 3\n")),
    "lists deeper than Python goes": ("a.toml", toml("a = " + "[" * 20_000)),
    "tables deeper than Python goes": ("a.toml", toml("a = " + "{a=" * 20_000)),
    "dots without end": ("a.toml", toml("a" + ".a" * 20_000 + " = 1")),
    "a thousand unknown keys": ("a.toml", toml("\n".join(f"x{k} = 1" for k in range(1_000)))),
    "a script for a loss": ("a.toml", toml(f"[objective]\nloss = '''{EVIL}'''\n")),
    "a colour of a terminal": ("a.toml", toml('[objective]\nloss = "\\u001b[31mred"\n')),
    "the same key twice": ("a.toml", toml("[latent]\ndim = 8\ndim = 9\n")),
    "half a brace": ("a.json", b"{"),
    "a list": ("a.json", b"[]"),
    "null": ("a.json", b"null"),
    "nothing": ("a.json", b""),
    "bytes of no JSON": ("a.json", b"\xff\xfe\x00"),
    "brackets deeper than Python goes": ("a.json", b"[" * 100_000),
    "objects deeper than Python goes": ("a.json", b'{"a":' * 100_000),
    "no number": ("a.json", b'{"optim": {"g": {"lr": NaN}}}'),
    "a rate of seven": ("a.json", b'{"optim": {"g": {"lr": 7}}}'),
    "a rate as a text": ("a.json", b'{"optim": {"g": {"lr": "fast"}}}'),
    "a number of five thousand digits": ("a.json", b'{"latent": {"dim": ' + b"9" * 5_000 + b"}}"),
    "half a character": ("a.json", b'{"objective": {"loss": "\\ud800"}}'),
    "a key of half a character": ("a.json", b'{"\\ud800": 1}'),
    "a pickle": ("a.json", b"\x80\x04K\x01."),
    "a million layers": (
        "a.json",
        b'{"networks": {"g": {"layers": [' + b"{}," * 100_000 + b"{}]}}}",
    ),
    "players of other names": ("a.json", b'{"optim": {"players": {"X": {"lr": 1}}}}'),
    "players that are numbers": ("a.json", b'{"optim": {"players": {"G": 5}}}'),
    "networks that cannot be": ("a.json", b'{"networks": {"g": {"family": "__class__"}}}'),
    "a text of ten megabytes": ("a.json", b'{"data": {"name": "' + b"x" * (10 << 20) + b'"}}'),
}
"""For ``--config``; each is refused in one line."""
