"""Values of a DICOM dataset as plain words and numbers; one that cannot be read is named, not raised."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DAMAGE = (
    *(ValueError, OSError, LookupError, AttributeError, TypeError, EOFError, NotImplementedError, ArithmeticError),
    *(RecursionError, zlib.error, struct.error, zipfile.BadZipFile),
)
"""What pydicom's parser raises on a damaged file. A lack of memory or of a library is not among them."""


class DicomValues:
    """The values of a dataset by keyword.

    Attributes
    ----------
    unreadable : list of str
        Keywords whose value was asked for and cannot be read, such as a number with a decimal comma.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self.unreadable: list[str] = []

    def get(self, keyword: str) -> Any:
        """Return the value as pydicom decodes it; None when absent or unreadable."""
        try:
            return self._dataset.get(keyword)
        except DAMAGE:
            self.unreadable.append(keyword)
            return None

    def text(self, keyword: str) -> str:
        """Return the value as text without spaces and NULs around it."""
        value = self.get(keyword)
        return "" if value is None else str(value).strip(" \0\t\r\n")

    def floats(self, keyword: str, count: int) -> tuple[float, ...] | None:
        """Return so many finite numbers, or None."""
        try:
            return floats(self.get(keyword), count)
        except (ValueError, TypeError, OverflowError):
            self.unreadable.append(keyword)
            return None

    def number(self, keyword: str) -> float | None:
        """Return a number, or None."""
        try:
            return number(self.get(keyword))
        except (ValueError, TypeError, OverflowError):
            self.unreadable.append(keyword)
            return None

    def integer(self, keyword: str, default: int = 0) -> int:
        """Return a whole number, the default when absent or unreadable."""
        try:
            return integer(self.get(keyword), default)
        except (ValueError, TypeError, OverflowError):
            self.unreadable.append(keyword)
            return default


def plain(value: Any) -> str:
    """Return a short technical word: letters that could carry free text are dropped."""
    words = "\\".join(str(v) for v in listed(value))
    return re.sub(r"[^A-Za-z0-9 ._+/\\-]", "", words).strip()[:32]


def listed(value: Any) -> list[Any]:
    """Return a value, or the several of a multi-valued attribute, as a list."""
    if value is None or value == "":
        return []
    return list(value) if not isinstance(value, str | bytes) and hasattr(value, "__iter__") else [value]


def floats(value: Any, count: int) -> tuple[float, ...] | None:
    """Return so many finite numbers, or None when there are others."""
    numbers = tuple(float(v) for v in listed(value))
    return numbers if len(numbers) == count and bool(np.isfinite(numbers).all()) else None


def number(value: Any) -> float | None:
    """Return a number, or None when there is none."""
    return None if value is None or value == "" else float(value)


def integer(value: Any, default: int = 0) -> int:
    """Return a whole number, or the default when there is none."""
    return default if value is None or value == "" else int(value)
