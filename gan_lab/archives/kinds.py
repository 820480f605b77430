"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

_BEGINS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"PK\3\4", "zip"),
    (b"PK\5\6", "zip"),
    (b"Rar!", "RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
    (b"\x93NUMPY", "NumPy array"),
    (b"<svg", "SVG"),
    (b"<?xml", "XML"),
    (b"<!DOCTYPE", "web page"),
    (b"<html", "web page"),
    (b"#!", "script"),
    (b"BM", "BMP"),
)  # fmt: skip
_PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


def kind_of(content: bytes) -> str:
    """Such as ``PNG``, ``zip`` or ``pickle``; "" if it begins like nothing known here."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[:1] == b"P" and content[1:2] in b"123456" and content[2:3].isspace():
        return "PPM"
    if content[4:8] == b"ftyp":
        return "HEIF" if content[8:11] in {b"hei", b"mif", b"avi"} else "film"
    if content[:2] in _PICKLES:
        return "pickle"
    return next((kind for begin, kind in _BEGINS if content.startswith(begin)), "")
