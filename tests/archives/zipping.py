"""Zips for tests: honest ones, and those that are put together byte by byte to tell lies."""

import io
import struct
import zipfile
import zlib

import pytest


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, content)."""
    buffer = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch, zipfile.ZipFile(buffer, "w", method) as archive:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # duplicate names are meant
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def raw_zip(entries, *, flags=0, count=None, size=None, comment=b"", before=b""):
    """Byte by byte: entries are dicts of name, data and what is told instead of the truth."""
    body, central = bytearray(before), bytearray()
    for entry in entries:
        data = entry["data"]
        packed = entry.get("packed_data", zlib.compress(data, 9)[2:-4])
        told = entry.get("size", len(data)), entry.get("packed", len(packed))
        crc, method = entry.get("crc", zlib.crc32(data)), entry.get("method", 8)
        name, flag = entry["name"], entry.get("flags", flags)
        offset = entry.get("offset", len(body) - len(before))
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, flag, method, 0, 0, crc, *told[::-1],
                            len(name), 0) + name + packed  # fmt: skip
        central += struct.pack("<4s6H3L5H2L", b"PK\1\2", 20 | 3 << 8, 20, flag, method, 0, 0, crc,
                               *told[::-1], len(name), 0, 0, 0, 0,
                               entry.get("mode", 0) << 16, offset) + name  # fmt: skip
    count = len(entries) if count is None else count
    size = len(central) if size is None else size
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, len(body) - len(before),
                      len(comment))  # fmt: skip
    return bytes(body + central + end + comment)


def one(name=b"a.txt", data=b"hello", **told):
    return {"name": name, "data": data, **told}
