"""Pictures as the files that people bring."""

import io

from PIL import Image


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(colour="red", size=(16, 16), mode="RGB"):
    return Image.new(mode, size, colour)
