"""Checkpoints whose zips say different things to different readers."""

import hashlib
import io
import pickle
import struct
import zipfile
import zlib
from functools import cache

import torch

BOMB = 1 << 29  # bytes that a bomb's record has once it is inflated


def saved(thing):
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    return buffer.getvalue()


def of_records(records):
    """The zip that PyTorch's own writer makes of records, by name."""
    buffer = io.BytesIO()
    writer = torch._C.PyTorchFileWriter(buffer)
    for name, data in records.items():
        writer.write_record(name, data, len(data))
    writer.write_end_of_file()
    return buffer.getvalue()


def of_pickle(pickled, records=None):
    """A checkpoint with that list of parts."""
    return of_records({"data.pkl": pickled, "byteorder": b"little", **(records or {})})


class Storage:
    """What a list of parts says of a storage."""

    def __init__(self, count, kind=torch.FloatStorage, key="0"):
        self.told = ("storage", kind, key, "cpu", count)


class Made:
    """A tensor as a list of parts makes it; ``size`` and ``stride`` may be lies."""

    def __init__(self, storage, offset, size, stride):
        self.parts = (storage, offset, size, stride, False, None)

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, self.parts


def pickled(thing):
    """A list of parts, whose storages are told by ``Storage``."""
    buffer = io.BytesIO()

    class Pickler(pickle._Pickler):
        def persistent_id(self, one):
            return one.told if isinstance(one, Storage) else None

    Pickler(buffer, 2).dump(thing)
    return buffer.getvalue()


def digested(data):
    """With the mark and the digest of our checkpoints behind it."""
    data += b"ganlab:sha256:"
    return data + hashlib.sha256(data).digest()


def ends_of(data):
    """Where the directory begins, where its end begins (the large form first), its fields."""
    small = data.rfind(b"PK\5\6")
    fields = struct.unpack("<4s4H2LH", data[small : small + 22])
    return fields[6], data.rfind(b"PK\6\6"), small, fields


def entries_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.infolist()


def _end(count, size, offset, comment=b""):
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, offset, len(comment)) + (
        comment
    )


def _patched(data, place, new):
    return data[:place] + new + data[place + len(new) :]


def _packed(name, data, offset, *, comment=b""):
    """Local header with data, and header in the directory, of a deflated file."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    short = deflate.compress(data) + deflate.flush()
    told = zlib.crc32(data), len(short), len(data)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, *told, len(name), 0) + name + short
    central = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, *told, len(name), 0,
                          len(comment), 0, 0, 0, offset) + name + comment  # fmt: skip
    return local, central


@cache
def bomb():
    """A zip of PyTorch whose only storage is 512 MiB of zeros, deflated: its files, its directory,
    and how many they are."""
    source = saved({"format": 2, "x": torch.zeros(1)})
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        parts = {i.filename: archive.read(i) for i in archive.infolist()}
    thing = {"format": 2, "x": Made(Storage(BOMB // 4), 0, (BOMB // 4,), (1,))}
    parts["archive/data.pkl"] = pickled(thing)
    parts["archive/data/0"] = bytes(BOMB)
    body, central = b"", b""
    for name, data in parts.items():
        local, header = _packed(name.encode(), data, len(body))
        body, central = body + local, central + header
    return body, central, len(parts)


def two_directories(good):
    """PyTorch goes where the end says that the directory lies, and finds the bomb's; a reader that
    takes the one right before the end finds the good one."""
    body, central, count = bomb()
    begin, _, _, fields = ends_of(good)
    listed = bytearray(good[begin : begin + fields[5]])
    missing = fields[3] - count
    assert missing >= 0
    size = max(len(central), len(listed))
    size += 64 * missing + 256
    for _ in range(missing):  # as many entries in both
        name = b"archive/more%d" % _
        local, header = _packed(name, b"", len(body))
        body, central = body + local, central + header
    central = _longer(central, size - len(central))
    place = len(body)
    shift = place + size  # where the good zip begins
    late = shift + begin - place
    for header in _headers(listed):
        (offset,) = struct.unpack_from("<L", listed, header + 42)
        struct.pack_into("<L", listed, header + 42, (offset + shift - late) & 0xFFFFFFFF)
    listed = _longer(bytes(listed), size - len(listed))
    return body + central + good[:begin] + listed + _end(fields[3], size, place)


def _headers(directory):
    place = 0
    while place < len(directory):
        yield place
        place += 46 + sum(struct.unpack_from("<3H", directory, place + 28))


def _longer(directory, more):
    """With a comment behind its last entry."""
    last = list(_headers(directory))[-1]
    directory = bytearray(directory)
    struct.pack_into("<H", directory, last + 32, more)
    return bytes(directory) + bytes(more)


def second_end(good):
    """Behind the good zip stands another one, whose end is the last in the file."""
    body, central, count = bomb()
    return good + body + central + _end(count, len(central), len(good) + len(body))


def end_in_comment(good):
    """The bomb and its end lie in the comment of the good end."""
    body, central, count = bomb()
    place = len(good)
    if len(body) + len(central) > 60_000:
        body = body[:60_000]
    inner = body + central + _end(count, len(central), place + len(body))
    return _patched(good, len(good) - 2, struct.pack("<H", len(inner) & 0xFFFF)) + inner


def before(good):
    return b"x" * 64 + good


def between_entries(good):
    """Eight bytes that no record owns, before the second one."""
    second = entries_of(good)[1].header_offset
    begin, _, _, fields = ends_of(good)
    listed = bytearray(good[begin : begin + fields[5]])
    for header in list(_headers(listed))[1:]:
        (offset,) = struct.unpack_from("<L", listed, header + 42)
        struct.pack_into("<L", listed, header + 42, offset + 8)
    body = good[:second] + bytes(8) + good[second:begin]
    return body + bytes(listed) + _end(fields[3], fields[5], begin + 8)


def before_the_end(good):
    begin, _, _, fields = ends_of(good)
    size = fields[5]
    return good[: begin + size] + bytes(8) + _end(fields[3], size, begin)


def behind(good):
    return good + b"x"


def comment(good):
    return _patched(good, len(good) - 2, b"\4\0") + b"abcd"


def overlapping(good):
    """The last entry of the directory is the first record once more."""
    begin, *_ = ends_of(good)
    headers = list(_headers(good[begin : begin + ends_of(good)[3][5]]))
    return _patched(good, begin + headers[-1] + 42, struct.pack("<L", 0))


def twice(good):
    """Two entries of one name."""
    first, second = entries_of(good)[4:6]
    assert len(first.filename) == len(second.filename)
    place = second.header_offset + 30
    name = first.filename.encode()
    good = _patched(good, place, name)
    begin, *_, fields = ends_of(good)
    headers = list(_headers(good[begin : begin + fields[5]]))
    return _patched(good, begin + headers[5] + 46, name)


def local(place, new):
    """Something else in the local header of the first storage."""

    def change(good):
        entry = next(i for i in entries_of(good) if i.filename.endswith("data/0"))
        return _patched(good, entry.header_offset + place, new)

    return change


def central(place, new):
    """Something else in the directory's header of the first storage."""

    def change(good):
        begin, _, _, fields = ends_of(good)
        number = [i.filename.endswith("data/0") for i in entries_of(good)].index(True)
        header = list(_headers(good[begin : begin + fields[5]]))[number]
        return _patched(good, begin + header + place, new)

    return change


def large_end(place, new):
    """Something else in the large form of the end."""

    def change(good):
        return _patched(good, ends_of(good)[1] + place, new)

    return change


def locator(good):
    """It leads to another large end, at the front of the file's padding."""
    small = ends_of(good)[2]
    return _patched(good, small - 12, struct.pack("<Q", 0))


BIG = struct.pack("<L", BOMB)
NONE = struct.pack("<L", 0xFFFFFFFF)
LAYOUTS = {
    "two directories": two_directories,
    "another zip behind": second_end,
    "another zip in the comment": end_in_comment,
    "bytes before": before,
    "bytes between two records": between_entries,
    "bytes before the end": before_the_end,
    "a byte behind": behind,
    "a comment": comment,
    "a record that is listed twice": overlapping,
    "two records of one name": twice,
    "local header: deflated": local(8, b"\x08\0"),
    "local header: another size": local(18, BIG + BIG),
    "local header: another name": local(30, b"A"),
    "local header: other flags": local(6, b"\0\0"),
    "directory: deflated": central(10, b"\x08\0"),
    "directory: another size": central(24, BIG),
    "directory: both sizes": central(20, BIG + BIG),
    "directory: sizes of 64 bits": central(20, NONE + NONE),
    "directory: an offset of 64 bits": central(42, NONE),
    "directory: another sum": central(16, b"\1\2\3\4"),
    "directory: another disk": central(34, b"\1\0"),
    "large end: another place": large_end(48, b"\1"),
    "large end: more entries": large_end(32, b"\xff"),
    "large end: longer": large_end(4, b"\xff"),
    "a locator that leads away": locator,
}
