"""What files are, whatever they are called."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from PIL import Image

from gan_lab.archives import kind_of


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF"])
def test_pictures_as_pillow_writes_them(kind):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, kind)
    assert kind_of(buffer.getvalue()) == kind


def test_what_is_no_picture():
    array, packed = io.BytesIO(), io.BytesIO()
    np.save(array, np.zeros(3))
    zipfile.ZipFile(packed, "w").close()
    assert kind_of(array.getvalue()) == "NumPy array" and kind_of(packed.getvalue()) == "zip"
    assert kind_of(pickle.dumps([1])) == "pickle"
    assert kind_of(b"") == kind_of(b"hello") == ""
