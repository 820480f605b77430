"""Zips as a bad person would build them."""

import contextlib
import io
import os
import stat
import struct
import tracemalloc
import zipfile
from pathlib import PurePosixPath
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.archives import ArchiveError, Limits, open_archive
from tests.archives.zipping import one, raw_zip, zipped

SMALL = Limits(entries=50, entry_bytes=2**20, total_bytes=2**21, directory_bytes=2**14)


def opened(content, limits=SMALL):
    return open_archive(io.BytesIO(content), limits)


def test_what_an_ordinary_zip_holds():
    content = zipped([("b/x.txt", b"hello" * 1000), ("a.txt", b""), ("b/", b"")])
    with opened(content) as archive:
        assert [(entry.name, entry.size) for entry in archive.entries] == [
            ("a.txt", 0), ("b/x.txt", 5000)]  # fmt: skip
        assert archive.refused == [] and archive.total == 5000
        assert [archive.read(entry) for entry in archive.entries] == [b"", b"hello" * 1000]


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.text("abcdef/", min_size=1, max_size=9).filter(
            lambda n: n.strip("/") and "//" not in n and n[0] != "/" and n[-1] != "/"
        ),
        st.binary(max_size=3000),
        max_size=6,
    ),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_it_reads_what_zipfile_writes(files, method):
    with opened(zipped(files.items(), method)) as archive:
        found = {entry.name: archive.read(entry) for entry in archive.entries}
        refused = {name for name, _ in archive.refused}
    assert found == {name: data for name, data in files.items() if name not in refused}
    assert all(any(other.startswith(name) or name.startswith(other) for other in files)
               for name in refused)  # fmt: skip


@pytest.mark.parametrize(("name", "why"), [
    (b"../evil.png", "out of its folder"),
    (b"a/../../evil.png", "out of its folder"),
    (b"..\\evil.png", "out of its folder"),
    (b"a/..", "out of its folder"),
    (b"/etc/passwd", "absolute path"),
    (b"\\\\server\\share\\x.png", "absolute path"),
    (b"C:\\Windows\\x.png", "absolute path"),
    (b"c:evil.png", "absolute path"),
    (b"a\0.png", "control characters"),
    (b"a\n.png", "control characters"),
    (b"a\x1b[31m.png", "control characters"),
    ("gnp.\u202eexe".encode(), "control characters"),
    (b"x" * 2000, "too long"),
    (b"x" * 300 + b"/a.png", "too long"),
])  # fmt: skip
def test_names_that_are_not_safe_are_refused(name, why, tmp_path):
    with opened(raw_zip([one(name), one(b"good.txt")])) as archive:
        assert [entry.name for entry in archive.entries] == ["good.txt"]
        ((shown, reason),) = archive.refused
        assert why in reason and shown.isprintable() and len(shown) <= 120
        archive.extract(tmp_path / "in")
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "good.txt"]


@pytest.mark.parametrize(("raw", "flags", "name"), [
    ("größe/ü.png".encode(), 0x800, "größe/ü.png"),
    ("größe/ü.png".encode(), 0, "größe/ü.png"),  # as macOS writes it
    ("ü.png".encode("cp437"), 0, "ü.png"),
    ("写真/猫.png".encode(), 0x800, "写真/猫.png"),
    ("猫.png".encode("shift_jis"), 0, "öL.png"),  # no zip says so: letters, but safe ones
    (b"\xff\xfe\xfd.png", 0x800, "\ufffd\ufffd\ufffd.png"),
    ("u\u0308.png".encode(), 0x800, "ü.png"),
    (b"a//./b.png", 0, "a/b.png"),
    (b"dir\\b.png", 0, "dir/b.png"),
])  # fmt: skip
def test_names_in_any_encoding(raw, flags, name):
    with opened(raw_zip([one(raw, flags=flags)])) as archive:
        assert [entry.name for entry in archive.entries] == [name]
        assert archive.read(archive.entries[0]) == b"hello"


@settings(deadline=None, max_examples=200)
@given(st.binary(min_size=1, max_size=400), st.sampled_from([0, 0x800]))
def test_no_name_leads_out_of_the_folder(tmp_path_factory, raw, flags):
    folder = tmp_path_factory.mktemp("names")
    with opened(raw_zip([one(raw, flags=flags)])) as archive:
        for path in archive.extract(folder / "in"):
            assert path.is_relative_to(folder / "in") and path.read_bytes() == b"hello"
    assert [p.name for p in folder.iterdir()] == ["in"]


@pytest.mark.parametrize(("told", "why"), [
    ({"mode": stat.S_IFLNK | 0o777, "data": b"/etc/passwd"}, "a link"),
    ({"mode": stat.S_IFIFO | 0o777}, "no ordinary file"),
    ({"mode": stat.S_IFCHR | 0o777}, "no ordinary file"),
    ({"flags": 1}, "locked by a password"),
    ({"flags": 0x2041}, "locked by a password"),
    ({"name": b"more.zip"}, "not opened"),
    ({"name": b"MORE.TAR.GZ"}, "not opened"),
    ({"method": 12}, "not read here"),
    ({"method": 14}, "not read here"),
    ({"method": 99}, "not read here"),
    ({"method": 0, "size": 6}, "at odds"),
    ({"size": 2**20 + 1}, "larger than 1,048,576 bytes"),
])  # fmt: skip
def test_entries_that_are_not_read_are_refused(told, why):
    with opened(raw_zip([{**one(), **told}, one(b"good.txt")])) as archive:
        assert [entry.name for entry in archive.entries] == ["good.txt"]
        assert why in archive.refused[0][1]


def test_the_second_of_two_names_is_refused():
    content = zipped([("a.txt", b"first"), ("a.txt", b"second"), ("./a.txt", b"third")])
    with opened(content) as archive:
        assert [archive.read(entry) for entry in archive.entries] == [b"first"]
        assert [why for _, why in archive.refused] == ["a second file of this name"] * 2


def test_a_file_where_a_folder_should_be(tmp_path):
    with opened(zipped([("a", b"file"), ("a/b.txt", b"below")])) as archive:
        assert [name for name, _ in archive.refused] == ["a/b.txt"]
        assert [p.name for p in archive.extract(tmp_path)] == ["a"]


# -- bombs --------------------------------------------------------------------------------------


@given(
    st.lists(st.lists(st.sampled_from(["a", "a-", "a0", "b"]), min_size=1, max_size=4), max_size=9)
)
def test_files_below_a_file_are_those_that_have_its_name_among_their_folders(parts):
    names = {"/".join(some) for some in parts}
    below = {n for n in names if any(str(p) in names for p in PurePosixPath(n).parents)}
    archive = opened(zipped([(name, b"x") for name in names]))
    assert {entry.name for entry in archive.entries} == names - below
    assert {name for name, _ in archive.refused} == below


def test_what_grows_too_much_is_refused_before_it_is_unpacked():
    bomb = one(b"bomb.png", bytes(30 * 2**20))
    with opened(raw_zip([bomb, one()]), Limits()) as archive:
        assert [entry.name for entry in archive.entries] == ["a.txt"]
        assert "as bombs do" in archive.refused[0][1]


@pytest.mark.parametrize("told", [10, 100_000])
def test_more_than_the_zip_tells_is_never_unpacked(told):
    bomb = one(b"bomb.png", bytes(50 * 2**20), size=told)
    with opened(raw_zip([bomb])) as archive:
        tracemalloc.start()
        with pytest.raises(ArchiveError, match="larger than the"):
            archive.read(archive.entries[0])
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
        tracemalloc.stop()


@pytest.mark.parametrize(
    "told",
    [
        {"size": 900_000},
        {"crc": 1},
        {"packed": 3},
        {"packed_data": b"garbage"},
        {"packed_data": b""},
        {"method": 0, "crc": 5, "packed_data": b"hello"},
    ],
)
def test_what_is_not_as_told_is_damaged(told):
    with opened(raw_zip([one(**told), one(b"b.txt")])) as archive:
        with pytest.raises(ArchiveError, match=r"a\.txt is damaged"):
            archive.read(archive.entries[0])
        assert archive.read(archive.entries[1]) == b"hello"


def test_all_together_are_bounded():
    content = zipped([(f"{k}.bin", os.urandom(900_000)) for k in range(3)])
    with pytest.raises(ArchiveError, match="unpack to 2,700,000 bytes; 2,097,152"):
        opened(content)


def test_entries_that_share_their_bytes_are_refused():
    kernel = one(b"a.txt", bytes(1000))
    content = raw_zip([kernel, *({**kernel, "name": b"%d.txt" % k, "offset": 0} for k in range(9))])
    with pytest.raises(ArchiveError, match="lie over each other"):
        opened(content)


def test_too_many_entries_are_refused_by_what_the_end_tells():
    with pytest.raises(ArchiveError, match="51 entries; 50 are the most"):
        opened(zipped([(str(k), b"") for k in range(51)]))


def test_too_many_entries_are_counted_where_the_end_lies():
    content = raw_zip([one(b"%d" % k) for k in range(60)], count=1)
    with pytest.raises(ArchiveError, match="more than 50 entries"):
        opened(content)


def test_a_directory_too_large_is_not_read():
    entries = [one(bytes([65 + k % 26]) * 900) for k in range(30)]
    with pytest.raises(ArchiveError, match="its directory has .* bytes; 16,384 are the most"):
        opened(raw_zip(entries))


def test_a_zip64_end_is_bounded_too():
    content = zipped([("a", b"x")])
    at = content.rindex(b"PK\5\6")
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2**40, 2**40, 2**50, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    with pytest.raises(ArchiveError, match="1,099,511,627,776 entries"):
        opened(content[:at] + record + locator + content[at:])


# -- no zips ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"hello" * 99, b"PK\5\6", b"\x80\x04K\x01.", b"PK\3\4" * 30]
)
def test_what_is_no_zip(content):
    with pytest.raises(ArchiveError, match="no zip"):
        opened(content)


def test_an_empty_zip_has_no_entries():
    assert opened(zipped([])).entries == ()


def test_a_zip_cut_anywhere_is_refused_or_read_right():
    content = zipped([(f"{k}.txt", os.urandom(200)) for k in range(5)])
    for end in range(0, len(content), 7):
        with pytest.raises(ArchiveError):
            opened(content[:end])


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8))
def test_flipped_bytes_raise_nothing_else(flips):
    content = bytearray(zipped([(f"d/{k}.txt", b"abc" * 50 * k) for k in range(6)]))
    for place, value in flips:
        content[place % len(content)] = value
    with contextlib.suppress(ArchiveError), opened(bytes(content)) as archive:
        for entry in archive.entries:
            archive.read(entry)


def test_bytes_before_and_a_comment_behind_are_no_harm():
    content = raw_zip([one()], before=b"#!/bin/sh\n" * 9, comment=b"thanks")
    with opened(content) as archive:
        assert archive.read(archive.entries[0]) == b"hello"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ArchiveError, match="cannot be opened: no such file"):
        open_archive(tmp_path / "none.zip")
    with pytest.raises(ArchiveError, match="cannot be opened: is a directory"):
        open_archive(tmp_path)


# -- extraction ---------------------------------------------------------------------------------


def test_files_come_where_their_names_say(tmp_path):
    with opened(zipped([("a/b.txt", b"B"), ("c.txt", b"C")])) as archive:
        paths = archive.extract(tmp_path / "in")
    assert [p.relative_to(tmp_path / "in").as_posix() for p in paths] == ["a/b.txt", "c.txt"]
    assert [p.read_bytes() for p in paths] == [b"B", b"C"]


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"mine")
    taken = pytest.raises(ArchiveError, match=r"a\.txt cannot be written: file exists")
    with opened(zipped([("a.txt", b"theirs")])) as archive, taken:
        archive.extract(tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["out/a.txt", "out"])
def test_no_link_is_followed_out_of_the_folder(tmp_path, name):
    inside, outside = tmp_path / "in", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "out").symlink_to(outside if "/" in name else outside / "new")
    with opened(zipped([(name, b"x")])) as archive, pytest.raises(ArchiveError):
        archive.extract(inside)
    assert list(outside.iterdir()) == []


def test_a_damaged_file_leaves_nothing(tmp_path):
    with opened(raw_zip([one(crc=1)])) as archive, pytest.raises(ArchiveError, match="damaged"):
        archive.extract(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_told_before(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=3))
    told = pytest.raises(ArchiveError, match="needs 5 bytes of disk and 3 are free")
    with opened(zipped([("a.txt", b"hello")])) as archive, told:
        archive.extract(tmp_path)
