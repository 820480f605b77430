"""Values survive the way between two processes, and damaged messages are refused."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_lab.sandbox import codec


def there_and_back(value):
    file = io.BytesIO()
    codec.write(file, value)
    file.seek(0)
    return codec.read(file)


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_values_arrive_as_they_were_sent(value):
    assert there_and_back(value) == value


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "bool", ">f4"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3, 4)])
def test_arrays_keep_type_shape_and_numbers(dtype, shape):
    sent = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    got = there_and_back({"one": sent, "two": [sent]})
    for array in (got["one"], got["two"][0]):
        assert array.dtype == sent.dtype
        assert array.shape == sent.shape
        assert (array == sent).all()


def test_an_array_of_strided_memory_arrives_whole():
    sent = np.arange(24).reshape(4, 6)[:, ::2].T
    assert (there_and_back(sent) == sent).all()


@pytest.mark.parametrize("value", [{1: 2}, object(), np.array([object()]), {"a": {1, 2}}])
def test_other_kinds_are_refused(value):
    with pytest.raises(codec.CodecError, match="cannot be passed on"):
        codec.encoded(value)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_in_one_way(data):
    with pytest.raises((EOFError, codec.CodecError)):
        codec.read(io.BytesIO(b"\x20" + bytes(7) + b"\x10" + bytes(7) + data), most=10_000)


@pytest.mark.parametrize(
    "text",
    [
        b'{"$":"bytes","begin":0,"size":99}',
        b'{"$":"bytes","begin":-1,"size":1}',
        b'{"$":"array","dtype":"|O","shape":[1],"begin":0,"size":8}',
        b'{"$":"array","dtype":"<f4","shape":[1000000000],"begin":0,"size":8}',
        b'{"$":"array","dtype":"<f4","shape":[-1],"begin":0,"size":8}',
        b'{"$":"module"}',
        b'{"a":1}',
        b"[" * 100_000,
    ],
)
def test_a_message_that_lies_is_refused(text):
    message = codec._HEAD.pack(len(text), 8) + text + bytes(8)
    with pytest.raises(codec.CodecError):
        codec.read(io.BytesIO(message))


def test_a_message_over_the_limit_is_not_read():
    message = io.BytesIO(codec._HEAD.pack(10, 1 << 40))
    with pytest.raises(codec.CodecError, match="too large"):
        codec.read(message, most=1000)
