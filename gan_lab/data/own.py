"""Own pictures: a folder or a zip, read once into one tensor."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from gan_lab.data.pictures import DataError, Pictures

ENDINGS = frozenset(".png .jpg .jpeg .bmp .gif .webp .pgm .ppm .tif .tiff".split())
MAX_FILES = 200_000
MAX_FILE_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000  # of one picture, before it is made small
DEFAULT_SIZE = 32
# damaged, packed in a way unknown here, or locked by a password (a RuntimeError)
_BROKEN_ENTRY = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def read_own(path: Path, size: int, colour: str) -> Pictures:
    """Pictures of a folder (with its sub-folders) or a zip.

    Each is cropped to its middle square and resized to ``size`` px (0: 32). With ``colour`` =
    ``own`` they are grey if every one is. Sub-folders, where there are at least two, are classes.
    Files that are no pictures are skipped. Raises DataError if nothing is left.
    """
    size = size or DEFAULT_SIZE
    arrays, folders = [], []
    for name, content in _files(path):
        try:
            arrays.append(_square(content, size))
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
            continue
        folders.append(PurePosixPath(name).parent.name)
    if not arrays:
        raise DataError(f"{path} holds no pictures that can be read ({', '.join(sorted(ENDINGS))})")
    images = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()
    grey = bool((images[:, :1] == images).all())
    if colour == "grey" or (colour == "own" and grey):
        colour = "grey"
    classes = tuple(sorted(set(folders)))
    labels = torch.tensor([classes.index(f) for f in folders]) if len(classes) > 1 else None
    pictures = Pictures(str(path), images, labels, classes if labels is not None else ())
    return pictures.shaped(0, colour)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all files that may be pictures, in the order of their names."""
    if path.is_dir():
        names = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
        for file in names[:MAX_FILES]:
            if file.stat().st_size <= MAX_FILE_BYTES:
                yield file.relative_to(path).as_posix(), file.read_bytes()
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
            for entry in entries[:MAX_FILES]:
                suffix = PurePosixPath(entry.filename).suffix.lower()
                if suffix not in ENDINGS or entry.file_size > MAX_FILE_BYTES:
                    continue
                try:
                    content = archive.read(entry)
                except _BROKEN_ENTRY:
                    continue
                yield entry.filename, content
    except zipfile.BadZipFile:
        raise DataError(f"{path} is neither a folder nor a zip of pictures") from None


def _square(content: bytes, size: int) -> np.ndarray:
    """uint8, size×size×3: upright, on white where it was transparent, its middle square."""
    with Image.open(io.BytesIO(content)) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too large")
        upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):  # Pillow would cut it off at 255
        upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
    upright = upright.convert("RGBA")
    white = Image.new("RGBA", upright.size, "white")
    flat = Image.alpha_composite(white, upright).convert("RGB")
    return np.asarray(ImageOps.fit(flat, (size, size), Image.Resampling.LANCZOS))
