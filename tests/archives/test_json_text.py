"""JSON from anywhere: the same as the standard library's, or refused before it takes memory."""

import contextlib
import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_lab.archives import JsonError, JsonLimits
from gan_lab.archives.json_text import DOCUMENT, LINE, lines, parse, read

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_what_was_written_is_read(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert repr(parse(text)) == repr(json.loads(text))


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_anything_else_is_refused_in_one_way(text):
    with contextlib.suppress(JsonError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 40 + "]" * 40, "too deeply"),
        ('{"a":' * 40 + "1" + "}" * 40, "too deeply"),
        ("[[]," * 30_000 + "1" + "]" * 30_000, "values"),
        ("[" + "0," * 60_000 + "0]", "values"),
        (" " * (DOCUMENT.size + 1), "bytes"),
        ("9" * 21, "21 digits"),
        ('"\\ud800"', "half a character"),
        (b'"\xff"', "UTF-8"),
        ("{", "cannot be read"),
    ],
)
def test_a_text_over_a_limit_is_refused(text, words):
    with pytest.raises(JsonError, match=words):
        parse(text)


def test_brackets_in_texts_are_not_depth():
    assert parse(json.dumps("[" * 1000)) == "[" * 1000
    assert parse(json.dumps(['"[{' * 50])) == ['"[{' * 50]


def test_a_text_that_would_take_memory_is_refused_without_it():
    text = b"[" + b"[]," * 300_000 + b"[]]"
    tracemalloc.start()
    try:
        with pytest.raises(JsonError):
            parse(text, JsonLimits(1 << 20, 50_000, 8))
        assert tracemalloc.get_traced_memory()[1] < 3 * len(text)
    finally:
        tracemalloc.stop()


OBJECTS = st.dictionaries(
    st.text(max_size=5), st.integers(-99, 99) | st.text(max_size=5), max_size=3
)


@given(st.lists(OBJECTS | st.binary(max_size=20), max_size=6))
def test_lines_that_are_none_are_skipped(tmp_path_factory, told):
    path = tmp_path_factory.getbasetemp() / "a.jsonl"
    texts = [json.dumps(one).encode() if isinstance(one, dict) else one for one in told]
    path.write_bytes(b"\n".join(texts))
    whole = [one for one in told if isinstance(one, dict)]
    found = list(map(repr, lines(path)))
    place = 0  # a line of arbitrary bytes may be an object, too
    for one in whole:
        place = found.index(repr(json.loads(json.dumps(one))), place) + 1


def test_a_line_without_end_is_passed_over_in_pieces(tmp_path):
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"a": 1}\n')
        for _ in range(400):
            file.write(b"[]," * 20_000)
        file.write(b'\n{"a": 2}')
    tracemalloc.start()
    try:
        assert list(lines(path)) == [{"a": 1}, {"a": 2}]
        assert tracemalloc.get_traced_memory()[1] < 40 * LINE.size
        with pytest.raises(JsonError, match="^line 2: it has more than"):
            list(lines(path, strict=True))
    finally:
        tracemalloc.stop()


def test_no_more_of_a_file_is_read_than_the_limits_allow(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_bytes(b" " * (1 << 22))
    asked = []

    class File(io.BytesIO):
        def read(self, size=-1):
            asked.append(size)
            return super().read(size)

    monkeypatch.setattr("pathlib.Path.open", lambda *_: File(b" " * (1 << 22)))
    with pytest.raises(JsonError):
        read(tmp_path / "a.json")
    assert asked == [DOCUMENT.size + 1]
