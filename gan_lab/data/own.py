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
from torch import Tensor

from gan_lab.data.pictures import DataError, Pictures

ENDINGS = frozenset(".png .jpg .jpeg .bmp .gif .webp .pgm .ppm .tif .tiff".split())
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
MAX_FILES = 200_000
MAX_FILE_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000  # of one picture, before it is made small
DEFAULT_SIZE = 32
# damaged, packed in a way unknown here, or locked by a password (a RuntimeError)
_BROKEN_ENTRY = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def read_own(path: Path, size: int, colour: str, *, paired: bool = False) -> Pictures:
    """Pictures of a folder (with its sub-folders) or a zip.

    Each is cropped to its middle square and resized to ``size`` px (0: 32). With ``colour`` =
    ``own`` they are grey if every one is. Sub-folders, where there are at least two, are classes.
    Files that are no pictures are skipped; with ``paired``, so is their partner in the other
    folder. Raises DataError if nothing is left.
    """
    side = size or DEFAULT_SIZE
    found = [(PurePosixPath(name), _try_square(content, side)) for name, content in _files(path)]
    if paired:
        found = _partners(found)
    names = [name for name, array in found if array is not None]
    arrays = [array for _, array in found if array is not None]
    if not arrays:
        raise DataError(f"{path} holds no pictures that can be read ({', '.join(sorted(ENDINGS))})")
    images = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()
    grey = bool((images[:, :1] == images).all())
    if colour == "grey" or (colour == "own" and grey):
        colour = "grey"
    folders = [name.parent.name for name in names]
    classes = tuple(sorted(set(folders)))
    labels = torch.tensor([classes.index(f) for f in folders]) if len(classes) > 1 else None
    pictures = Pictures(str(path), images, labels, classes if labels is not None else ())
    return pictures.shaped(0, colour)


_Found = list[tuple[PurePosixPath, np.ndarray | None]]


def _partners(found: _Found) -> _Found:
    """What has a readable partner in the other one of the first two folders; the rest as it is.

    Partners have the same name but for its ending. Where the folders share no names, the k-th file
    of one belongs to the k-th of the other.
    """
    folders = sorted({name.parent.name for name, _ in found})[:2]
    sides = [[entry for entry in found if entry[0].parent.name == folder] for folder in folders]
    if len(sides) < 2:
        return found
    stems = [{name.stem for name, _ in side} for side in sides]
    if stems[0] & stems[1]:
        readable = [{name.stem for name, array in side if array is not None} for side in sides]
        both = readable[0] & readable[1]
        kept = [[entry for entry in side if entry[0].stem in both] for side in sides]
    elif len(sides[0]) == len(sides[1]):
        whole = [
            (a, b) for a, b in zip(*sides, strict=True) if a[1] is not None and b[1] is not None
        ]
        kept = [[pair[k] for pair in whole] for k in range(2)]
    else:
        kept = sides
    return kept[0] + kept[1] + [entry for entry in found if entry[0].parent.name not in folders]


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
                    content = b""  # has a place among the others, but no picture
                yield entry.filename, content
    except zipfile.BadZipFile:
        raise DataError(f"{path} is neither a folder nor a zip of pictures") from None


def _try_square(content: bytes, size: int) -> np.ndarray | None:
    """As :func:`_square`; None for what is no picture."""
    try:
        return _square(content, size)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None


def _square(content: bytes, size: int) -> np.ndarray:
    """uint8, size×size×3: the middle square of :func:`_upright`."""
    flat = _upright(content)
    return np.asarray(ImageOps.fit(flat, (size, size), Image.Resampling.LANCZOS))


def read_picture(content: bytes, channels: int, *, side: int = 0, longest: int = 0) -> Tensor:
    """One picture, uint8 channels×H×W; grey if ``channels`` is 1.

    Args:
        content: of a picture file.
        side: of the middle square that is cut out and resized; 0 keeps the whole.
        longest: of a whole picture that is larger, its longer side is made this; 0 for any.

    Raises:
        DataError: it is no picture that can be read.
    """
    try:
        if len(content) > MAX_FILE_BYTES:
            raise ValueError("too large")
        upright = _upright(content)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise DataError("this file is no picture that can be read, or far too large") from None
    if side:
        upright = ImageOps.fit(upright, (side, side), Image.Resampling.LANCZOS)
    elif longest:
        upright.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    pixels = np.array(upright.convert("L") if channels == 1 else upright)
    return torch.from_numpy(pixels).view(*pixels.shape[:2], channels).permute(2, 0, 1).contiguous()


def _upright(content: bytes) -> Image.Image:
    """RGB: upright, on white where it was transparent."""
    # by content and not by name, so only what is meant: some formats start other programs
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError("too large")
        upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):  # Pillow would cut it off at 255
        upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
    upright = upright.convert("RGBA")
    white = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(white, upright).convert("RGB")
