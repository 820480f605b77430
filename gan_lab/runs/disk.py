"""Disk space that no upload, import or export may take: runs need it to save themselves."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

FREE = 256 << 20
"""Bytes of a disk that stay free."""


def refuse_full(place: Path | int, due: int = 0) -> None:
    """Raises OSError (ENOSPC) if less than :data:`FREE` bytes would stay free.

    Args:
        place: a folder or an open file on the disk in question.
        due: bytes that are still to be written.
    """
    if shutil.disk_usage(place).free - due < FREE:
        raise OSError(errno.ENOSPC, "the disk is nearly full")
