"""What a disk that refuses is called, for people."""

from __future__ import annotations

import errno

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


def words(error: OSError) -> str:
    """What is wrong and what to do about it, as the begin of a sentence without its end."""
    if error.errno in _FULL:
        return "The disk is full; free some space"
    if error.errno in _CLOSED:
        return "The run's folder cannot be written to; make it writable"
    return f"The disk refused ({error.strerror or error}); mend that"
