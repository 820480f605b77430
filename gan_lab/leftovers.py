"""Temporary folders that are removed even if the process that made them was killed.

Each is locked for as long as its process lives: the system lets go of the lock of a killed one, so
:func:`sweep` can tell its folder from that of a living process, of another server too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

YOUNG = 60.0
"""s after which a folder without a lock is a leftover; it is locked just after it is made."""
_OLD = 24 * 3600.0  # s after which it is one where the system knows no locks


class Temporary:
    """A folder of this process alone, locked until :meth:`release` or :meth:`remove`.

    Attributes:
        path: of the folder.
    """

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        """
        Args:
            prefix: of its name, by which :func:`sweep` finds it.
            parent: the folder that it is made in; None for the system's temporary folder.

        Raises OSError.
        """
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        self._handle = _locked(self.path)

    def release(self) -> None:
        """Give up the lock; the folder stays, under another name as a rule."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def remove(self) -> None:
        """Remove the folder with all that is in it, if it is still there. Never raises."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()


@contextlib.contextmanager
def temporary_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A :class:`Temporary` that is removed at the end. Raises OSError."""
    folder = Temporary(prefix, parent)
    try:
        yield folder.path
    finally:
        folder.remove()


def sweep(prefix: str, parent: Path | None = None, young: float = YOUNG) -> int:
    """Remove the folders of this prefix that no living process holds.

    Links and what belongs to another user are left alone, as is all that cannot be removed.

    Args:
        young: s; a folder that was changed less long ago is left alone.

    Returns how many went.
    """
    found = Path(tempfile.gettempdir()) if parent is None else parent
    gone = 0
    with contextlib.suppress(OSError):
        for path in found.glob(f"{prefix}*"):
            if _is_left_over(path, young):
                shutil.rmtree(path, ignore_errors=True)
                gone += not path.exists()
    return gone


def _is_left_over(path: Path, young: float) -> bool:
    try:
        told = path.lstat()
        mine = not hasattr(os, "getuid") or told.st_uid == os.getuid()
        if not stat.S_ISDIR(told.st_mode) or not mine:
            return False
        age = time.time() - told.st_mtime
        if fcntl is None:
            return age > _OLD
        if age < young:
            return False
        handle = _locked(path)
    except OSError:
        return False
    if handle is None:
        return False
    os.close(handle)
    return True


def _locked(path: Path) -> int | None:
    """A handle that holds the folder's lock; None if another one holds it, or there are none."""
    if fcntl is None:
        return None
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a disk that knows no locks
        os.close(handle)
        return None
    return handle
