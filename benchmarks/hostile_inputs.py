"""The worst known input of each entrance, made byte by byte; see ``hostile.py``."""

from __future__ import annotations

import hashlib
import io
import json
import random
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)
import torch
from PIL import Image

from gan_lab.config import RunConfig, put
from gan_lab.export import EXPORTS
from gan_lab.runs import Budget, Run, RunDirectory
from gan_lab.training import checkpoints

MIB = 1 << 20
SIDE = 4000
"""px: an image asked about on the latent page may have 16 million pixels; more cost little."""
_STEPS = 6000  # that a bundle says its run has
_COLUMNS = 20_000
_NOISE = 24 << 10
"""Bytes in each MiB that cannot be packed: what is packed to less than a 50th is refused."""
_PIECE = bytes(MIB)
_MIXED = random.Random(0).randbytes(_NOISE) + bytes(MIB - _NOISE)


# -- images ----------------------------------------------------------------------------------------


def progressive_jpeg(scans: int, side: int = SIDE) -> bytes:
    """A flat grey image whose last scan is repeated: each costs as much as the whole image."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 99).save(buffer, "JPEG", progressive=True, quality=50)
    data = buffer.getvalue()
    begin = data.rindex(b"\xff\xda")
    scan = data[begin : data.rindex(b"\xff\xd9")]
    return data[:begin] + scan * scans + b"\xff\xd9"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _zeros(count: int) -> bytes:
    """So many zero bytes, packed."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(_PIECE[: min(MIB, count - done)]) for done in range(0, count, MIB)]
    return b"".join(parts) + packer.flush()


def _png(side: int, kind: int, samples: int, *, interlaced: bool) -> bytes:
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                  (1, 0, 2, 2), (0, 1, 1, 2)]  # fmt: skip
    size = sum(
        len(range(y, side, down)) * (1 + samples * len(range(x, side, right)))
        for x, y, right, down in passes
    )
    head = struct.pack(">IIBBBBB", side, side, 8, kind, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", _zeros(size))
        + _chunk(b"IEND", b"")
    )  # fmt: skip


def flat_png() -> bytes:
    """16 megapixels with an alpha channel: 64 MB of zeros in 62 KB."""
    return _png(SIDE, 6, 4, interlaced=False)


def interlaced_png() -> bytes:
    return _png(SIDE, 2, 3, interlaced=True)


def many_framed_gif(frames: int = 200_000) -> bytes:
    """Frames of one pixel on a large screen."""
    head = b"GIF89a" + struct.pack("<HHBBB", SIDE, SIDE, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b"\x3b"


def lzw_tiff(side: int = SIDE) -> bytes:
    """A strip for each row, each packed by LZW."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side)).save(buffer, "TIFF", compression="tiff_lzw", tiffinfo={278: 1})
    return buffer.getvalue()


# -- runs ------------------------------------------------------------------------------------------


@cache
def _good() -> dict[str, bytes]:
    """The files of the bundle of a run of a few steps."""
    tiny = {
        "networks.g.width": 4, "networks.d.width": 4, "latent.dim": 4, "training.batch": 8,
        "training.grid": 2, "training.threads": 1, "training.measuring": 0.0,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        directory = RunDirectory.create(Path(place) / "run")
        Run(put(RunConfig(), tiny), directory, budget=Budget(steps=4)).start().join(120)
        out = Path(place) / "run.zip"
        EXPORTS["bundle"].write(directory, out)
        with zipfile.ZipFile(out) as whole:
            return {name: whole.read(name) for name in whole.namelist()}


def _bundle(name: str, size: int, content: Callable[[], Iterator[bytes]], steps: int = 0) -> bytes:
    """A bundle in which one file is another one, with a list that is true.

    Args:
        content: its bytes, in parts, each time it is called.
        steps: that the checkpoint says the run has; 0 for what it has.
    """
    files = dict(_good())
    manifest = json.loads(files.pop("bundle.json"))
    files.pop(f"run/{name}", None)
    if steps:
        newest = max(one for one in files if "/checkpoints/" in one)
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "state.pt"
            path.write_bytes(files.pop(newest))
            state = checkpoints.load(path)
            state["steps"] = steps
            checkpoints.save(state, path)
            files[f"run/checkpoints/{steps:09d}.pt"] = path.read_bytes()
    digest = hashlib.sha256()
    manifest["files"] = {
        one.removeprefix("run/"): {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for one, data in files.items()
        if one.startswith("run/")
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for one, data in files.items():
            archive.writestr(one, data)
        with archive.open(f"run/{name}", "w", force_zip64=True) as target:
            for part in content():
                digest.update(part)
                target.write(part)
        manifest["files"][name] = {"size": size, "sha256": digest.hexdigest()}
        archive.writestr("bundle.json", json.dumps(manifest))
    return buffer.getvalue()


def _repeated(head: bytes, piece: bytes, count: int) -> Callable[[], Iterator[bytes]]:
    def parts() -> Iterator[bytes]:
        yield head
        for _ in range(count):
            yield piece

    return parts


def many_columns() -> bytes:
    """Readings of 20,000 columns, all of the name ""."""
    head = json.dumps({"columns": [""] * _COLUMNS}, separators=(",", ":")).encode() + b"\n"
    count = 4 * _COLUMNS * _STEPS // MIB
    size, steps = len(head) + count * MIB, count * MIB // (4 * _COLUMNS)
    return _bundle("history/readings.f32", size, _repeated(head, _MIXED, count), steps)


def many_lines() -> bytes:
    """60 MB of lines that nearly all hold an empty list."""
    piece = (
        b"[]\n" * (MIB // 3 - _NOISE)
        + b'["%s"]\n' % random.Random(0).randbytes(_NOISE).hex().encode()
    )
    return _bundle("measures.jsonl", 60 * len(piece), _repeated(b"", piece, 60))


def zip_bomb() -> bytes:
    """A timeline of 1 GiB, nearly all of it zeros."""
    return _bundle("film/000000000.film", 1024 * MIB, _repeated(b"", _MIXED, 1024))


def two_directories(megabytes: int = 256) -> bytes:
    """A checkpoint with two directories: the one that lies just before the end is of small parts,
    which is where some readers look; the one at the offset that the end tells is of a large, packed
    part."""
    small, large = io.BytesIO(), io.BytesIO()
    torch.save({"a": torch.zeros(4)}, small)
    torch.save({"a": torch.zeros(megabytes * MIB // 4)}, large)
    body = bytearray()
    told = _entries(body, large, packed=True)
    at = len(body)
    body += _directory(told, 0)
    near = _entries(body, small, packed=False)
    directory = _directory(near, len(body) - at)
    count = len(near)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), at, 0)
    return bytes(body) + directory + end


_Entry = tuple[bytes, tuple[int, ...], int]  # name, fields of its header, place


def _entries(body: bytearray, archive: io.BytesIO, *, packed: bool) -> list[_Entry]:
    """Append the entries of a zip to ``body``."""
    found = []
    with zipfile.ZipFile(archive) as whole:
        for info in whole.infolist():
            name, data = info.filename.encode(), whole.read(info)
            packer = zlib.compressobj(6, zlib.DEFLATED, -15)
            content = packer.compress(data) + packer.flush() if packed else data
            method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            told = (20, 0, method, 0, 0, info.CRC, len(content), len(data), len(name))
            found.append((name, told, len(body)))
            body += struct.pack("<4s5H3L2H", b"PK\3\4", *told, 0) + name + content
    return found


def _directory(entries: list[_Entry], before: int) -> bytes:
    """The directory of some entries, for a reader that adds ``before`` to all places."""
    return b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, *told, 0, 0, 0, 0, 0, place - before) + name
        for name, told, place in entries
    )


def small_image() -> bytes:
    """What an innocent visitor asks about."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((64, 64)).save(buffer, "PNG")
    return buffer.getvalue()
