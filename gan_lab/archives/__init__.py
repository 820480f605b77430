"""Files from anywhere, read without trusting them: zips, names, and what content really is."""

from gan_lab.archives.json_text import DOCUMENT, LINE, JsonError, JsonLimits
from gan_lab.archives.kinds import kind_of
from gan_lab.archives.names import NameRefused, safe_name, shown
from gan_lab.archives.zips import Archive, ArchiveError, Entry, Limits, open_archive

__all__ = [
    "DOCUMENT",
    "LINE",
    "Archive",
    "ArchiveError",
    "Entry",
    "JsonError",
    "JsonLimits",
    "Limits",
    "NameRefused",
    "kind_of",
    "open_archive",
    "safe_name",
    "shown",
]
