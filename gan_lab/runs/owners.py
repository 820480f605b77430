"""Who started a run: a keyed hash of the visitor's cookie, in the run's folder.

The key lies below the runs root, for this machine's user alone, so that a visitor controls his runs
again when the server has been started anew, and nobody gets the right from a folder that he read.
A folder that was copied from another machine is nobody's here.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from pathlib import Path

NAME = "owner.json"
_KEY = ".owners.key"
_BYTES = 32
_LONGEST = 4096  # bytes of a file that may have come from anywhere


class Owners:
    """Of all runs below one root. Thread-safe: what is kept in memory never changes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._key = b""

    def mark(self, run: Path, visitor: str) -> None:
        """A visitor has started (or taken over) a run. Raises OSError, also where the key cannot be
        read: a run must not become everybody's because of that."""
        if not visitor:
            return
        key = self._secret(make=True)
        if not key:
            raise PermissionError(errno.EACCES, f"the key {_KEY} of all runs cannot be read")
        told = {"owner": _digest(key, "owner", visitor), "server": _digest(key, "server", "")}
        temporary = run / f".{NAME}.writing"
        temporary.write_text(json.dumps(told) + "\n", "utf-8")
        os.replace(temporary, run / NAME)

    def of(self, run: Path) -> str:
        """The owner of a run as a digest; "" if it is nobody's here."""
        try:
            with (run / NAME).open("rb") as file:
                told = json.loads(file.read(_LONGEST))
            owner, server = told["owner"], told["server"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return ""
        key = self._secret()
        if not isinstance(owner, str) or not key or server != _digest(key, "server", ""):
            return ""
        return owner

    def is_of(self, owner: str, visitor: str) -> bool:
        """Whether a digest of :meth:`of` is this visitor's."""
        key = self._secret()
        if not owner or not visitor or not key:
            return False
        return secrets.compare_digest(owner.encode(), _digest(key, "owner", visitor).encode())

    def _secret(self, *, make: bool = False) -> bytes:
        """The key; b"" if there is none yet. Raises OSError if it is to be made and cannot be."""
        if self._key:
            return self._key
        path = self._root / _KEY
        found = _read(path)
        if make and not found:
            self._root.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{_KEY}.{secrets.token_hex(4)}")
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
                if found is None:
                    with contextlib.suppress(FileExistsError):  # another server was faster
                        os.link(temporary, path)
                else:  # cut short: what was marked by it is nobody's, but from now on all is well
                    os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
            found = _read(path)
        self._key = found or b""
        return self._key


def _read(path: Path) -> bytes | None:
    """The key in a file; b"" if it is none, None if there is no such file (or not for us)."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    return found if len(found) == _BYTES else b""


def _digest(key: bytes, what: str, text: str) -> str:
    return hashlib.blake2b(text.encode(), key=key, person=what.encode(), digest_size=24).hexdigest()
