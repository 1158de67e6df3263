"""What a case is called, and whether its input is still the same: hashes that lead back to no person."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from coxa.errors import InputRefusedError, UnreadableInputError

SALT_BYTES = 32
"""Length of the secret that pseudonyms are made with."""
ID_DIGITS = 12
"""Hexadecimal digits of a pseudonym."""
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a user's own id may look like: it becomes the name of a folder."""
_BLOCK = 1 << 20
"""Bytes read at once."""


def read_or_make_salt(path: Path) -> bytes:
    """Return the salt kept in a file; made at random, for the owner's eyes only, when there is none.

    Raises
    ------
    UnreadableInputError
        When the file holds something else.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(SALT_BYTES) + "\n", encoding="ascii")
    try:
        salt = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise UnreadableInputError(f"'{path.name}' holds no salt: give another file, or delete it") from error
    if len(salt) < SALT_BYTES:
        raise UnreadableInputError(f"'{path.name}' holds too short a salt: give another file, or delete it")
    return salt


def pseudonym(identity: str, salt: bytes) -> str:
    """Return ``case-`` and a keyed hash of what the scan is called: without the salt it leads nowhere."""
    return "case-" + hmac.new(salt, identity.encode(), hashlib.sha256).hexdigest()[:ID_DIGITS]


def safe_id(chosen: str) -> str:
    """Return a user's own id when it can be a folder's name.

    Raises
    ------
    InputRefusedError
        When it has other characters than letters, digits, dot, dash and underscore.
    """
    if not SAFE_ID.fullmatch(chosen):
        raise InputRefusedError("an id of the list is empty or has other characters than A-Z, a-z, 0-9, '.', '-', '_'")
    return chosen


def fingerprint(paths: tuple[Path, ...], salt: bytes) -> str:
    """Return a keyed hash of names, sizes and times of the files: quick to tell that nothing was touched."""
    digest = hmac.new(salt, digestmod=hashlib.sha256)
    for path in _files(paths):
        try:
            found = path.stat()
        except OSError:
            digest.update(f"{path}\0absent\0".encode())
            continue
        digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def files_sha256(paths: tuple[Path, ...]) -> str | None:
    """Return SHA-256 over the files' contents, whatever they are called; None when one cannot be read."""
    hashes = []
    for path in _files(paths):
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
        except OSError:
            return None
        hashes.append(digest.digest())
    return hashlib.sha256(b"".join(sorted(hashes))).hexdigest()


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file())
        else:
            yield path
