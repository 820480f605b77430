"""Names of files from outside, made safe to be put below a folder and to be shown."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 1000
"""Characters of a whole name; a part of it may have 255 bytes, as file systems allow."""

_PART_BYTES = 255
_DRIVE = re.compile(r"[A-Za-z]:")
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""Control characters, halves of characters, and what turns the direction of writing."""

_SHOWN = 120


class NameRefused(ValueError):
    """Why a name is not safe; ``shown`` is that name, fit to be read by people."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.shown = shown(name)


def safe_name(raw: bytes, *, utf8: bool) -> str:
    """The name of a zip's entry: relative, with ``/``, NFC; "" for the folder itself.

    Args:
        raw: as it stands in the zip.
        utf8: whether the zip calls it UTF-8. Where it does not, it may be UTF-8 all the same, as
            macOS writes it, or else cp437, in which every byte is a letter.

    Raises:
        NameRefused: absolute, out of its folder, too long, or not to be shown.
    """
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        name = raw.decode("utf-8", "replace") if utf8 else raw.decode("cp437")
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    if len(name) > LONGEST:
        raise NameRefused(name, "its name is too long")
    if _HIDDEN.search(name):
        raise NameRefused(name, "its name has control characters")
    if name.startswith("/") or _DRIVE.match(name):
        raise NameRefused(name, "its name is an absolute path")
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise NameRefused(name, "its name leads out of its folder")
    if any(len(part.encode()) > _PART_BYTES for part in parts):
        raise NameRefused(name, "its name is too long")
    return "/".join(parts)


def shown(name: str) -> str:
    """A name for people: on one line, without control characters, cut if it is long."""
    plain = _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", name)
    return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…"
