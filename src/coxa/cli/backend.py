"""The segmentation back-end that the options ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from coxa.batch.measure_stage import LABELMAP
from coxa.errors import UsageError

if TYPE_CHECKING:
    from coxa.segmentation import Backend

PUBLISHED = "totalsegmentator"
"""The word that --label-names takes instead of a JSON."""


def chosen_backend(name: str | None, labels: Path | None, label_names: str | None) -> str | Backend:
    """Return the back-end; the label file is read here, before the scan, so that a wrong one is told at once.

    Raises
    ------
    UsageError
        When the options contradict each other.
    InputRefusedError
        When the label file cannot be used.
    """
    chosen = chosen_name(name, labels, label_names)
    if labels is None:
        return chosen
    from coxa.io.images.label_files import read_labels
    from coxa.segmentation.backends.labelmap import LabelmapBackend

    return LabelmapBackend(read_labels(labels, chosen_label_names(label_names)))


def chosen_name(name: str | None, labels: Path | None, label_names: str | None) -> str:
    """Return the name of the back-end that the options ask for.

    Raises
    ------
    UsageError
        When the options contradict each other.
    """
    if labels is None:
        if label_names is not None:
            raise UsageError("--label-names says what the numbers in a label file mean: name the file with --labels")
        return name or "classic"
    if name not in (None, LABELMAP):
        raise UsageError(f"--labels is for the back-end '{LABELMAP}', not for '{name}': leave one of the two out")
    return LABELMAP


def chosen_label_names(label_names: str | None) -> Mapping[int, str] | None:
    """Return what --label-names says that the numbers mean; None without it.

    Raises
    ------
    SchemaError
        When its file says nothing of the kind.
    """
    from coxa.io.images.label_names import TOTALSEGMENTATOR_NAMES, read_names

    if label_names is None:
        return None
    return TOTALSEGMENTATOR_NAMES if label_names == PUBLISHED else read_names(Path(label_names))
