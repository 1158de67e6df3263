"""Finding DICOM files: any nesting of folders, zips of them, foreign files in between."""

from __future__ import annotations

import contextlib
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from coxa.errors import UnreadableInputError

_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
MOST_MEMBERS = 100_000
"""Files in one zip."""
LARGEST_UNPACKED_BYTES = 64 << 30
"""Of one zip in all."""
LARGEST_DENSE_BYTES = 64 << 20
"""Smaller members may pack as densely as they like."""
DENSEST_RATIO = 200
"""A large file of a scan packs three- to tenfold, one of zeros a thousandfold."""
_FIRST_TAGS = tuple(bytes(tag) for tag in ([8, 0, 0, 0], [8, 0, 5, 0], [8, 0, 8, 0], [8, 0, 22, 0], [2, 0, 0, 0]))
"""How a DICOM file without preamble begins: an early element of group 0008 or 0002, little endian."""


@dataclass(frozen=True)
class Source:
    """One file, in a folder or inside an open zip; the path is for opening only and is never shown."""

    path: Path
    archive: zipfile.ZipFile | None = None
    member: str = ""

    def open(self) -> IO[bytes]:
        """Open for reading."""
        return self.path.open("rb") if self.archive is None else self.archive.open(self.member)

    @property
    def order(self) -> tuple[str, str]:
        """What makes listings repeatable; not an order of slices."""
        return str(self.path), self.member


@dataclass(frozen=True)
class FoundFiles:
    """DICOM files, and how many others were passed over by kind."""

    sources: tuple[Source, ...]
    skipped: Mapping[str, int]


@contextlib.contextmanager
def find_dicom(path: Path | Sequence[Path]) -> Iterator[FoundFiles]:
    """Yield the DICOM files below a folder, in a zip (read in place, nothing is unpacked), or those given one by one.

    Raises
    ------
    UnreadableInputError
        When the path does not exist, a zip is damaged or encrypted, or there is no DICOM file.
    """
    if isinstance(path, Path) and not path.exists():
        raise UnreadableInputError("there is nothing at the path given: check its spelling")
    if isinstance(path, Path) and not path.is_file() and not path.is_dir():
        raise UnreadableInputError("the path given is a pipe or device, not a file: give a file or folder")
    with contextlib.ExitStack() as archives:
        skipped: Counter[str] = Counter()
        sources: list[Source] = []
        for file in _candidates(path, skipped):
            try:
                if zipfile.is_zipfile(file):
                    sources += _members(file, archives, skipped)
                elif _is_dicom(Source(file)):
                    sources.append(Source(file))
                else:
                    skipped["not DICOM"] += 1
            except OSError:
                skipped["unreadable"] += 1
        if not sources:
            counts = ", ".join(f"{n} {kind}" for kind, n in sorted(skipped.items())) or "no files at all"
            raise UnreadableInputError(
                f"no DICOM image there ({counts}): give a DICOM folder, a zip of one, or one NIfTI, NRRD or MHA file"
            )
        yield FoundFiles(tuple(sources), dict(skipped))


def _candidates(path: Path | Sequence[Path], skipped: Counter[str]) -> Sequence[Path]:
    if not isinstance(path, Path):
        return path
    if path.name.upper() == "DICOMDIR" and path.is_file():
        path = path.absolute().parent  # an index holds no image; what it lists lies beside and below it
    return [path] if path.is_file() else _files_below(path, skipped)


def _files_below(folder: Path, skipped: Counter[str]) -> list[Path]:
    files = []
    for path in sorted(p for p in folder.rglob("*") if _is_file(p)):
        kind = _foreign(PurePosixPath(path.relative_to(folder).as_posix()))
        if kind:
            skipped[kind] += 1
        else:
            files.append(path)
    return files


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name or link that the system cannot follow
        return False


def _members(path: Path, archives: contextlib.ExitStack, skipped: Counter[str]) -> list[Source]:
    try:
        archive = archives.enter_context(zipfile.ZipFile(path))
        _require_modest(archive.infolist())
        sources = []
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            if info.is_dir():
                continue
            if info.flag_bits & 1:
                raise UnreadableInputError("the zip is encrypted: unpack it with its password and give the folder")
            kind = _foreign(PurePosixPath(info.filename))
            source = Source(path, archive, info.filename)
            if kind or not _is_dicom(source):
                skipped[kind or "not DICOM"] += 1
            else:
                sources.append(source)
    except _BROKEN_ZIP as error:
        raise UnreadableInputError("the zip is damaged: copy it again from where it came") from error
    return sources


def _require_modest(members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse a zip that is built to unpack without end, before anything is unpacked."""
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    dense = any(
        member.file_size > LARGEST_DENSE_BYTES and member.file_size > DENSEST_RATIO * member.compress_size
        for member in members
    )
    if dense or len(members) > MOST_MEMBERS or unpacked > min(LARGEST_UNPACKED_BYTES, 1100 * packed + (1 << 20)):
        raise UnreadableInputError(
            f"the zip holds {len(members)} files that unpack to {unpacked / 1e9:.1f} GB from {packed / 1e6:.1f} MB: "
            "no scan is like that; unpack it and give the folder of the CT"
        )


def _foreign(relative: PurePosixPath) -> str | None:
    """Return the kind of a file that is passed over by its name, or None."""
    if any(part.startswith(".") or part == "__MACOSX" for part in relative.parts):
        return "hidden"
    if relative.name.upper() == "DICOMDIR":
        return "DICOMDIR"
    return None


def _is_dicom(source: Source) -> bool:
    with source.open() as file:
        start = file.read(132)
    return start[128:132] == b"DICM" or start[:4] in _FIRST_TAGS
