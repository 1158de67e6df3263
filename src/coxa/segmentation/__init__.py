"""Volume in, Segmentation out: one protocol, a visible dict of back-ends.

Hounsfield units on a grid come in; labels with the quality of each structure go out. Knows no landmarks, no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, Protocol

from coxa.errors import UsageError
from coxa.labels import Segmentation
from coxa.volume import Volume


class Backend(Protocol):
    """Anything that labels bones and metal on the volume's own grid."""

    def __call__(self, volume: Volume) -> Segmentation:
        """Segment a volume."""
        ...


def _classic(volume: Volume) -> Segmentation:
    from coxa.segmentation.backends.classic import segment_classic

    return segment_classic(volume)


def _labelmap(volume: Volume) -> NoReturn:  # noqa: ARG001
    raise UsageError(
        "the back-end 'labelmap' needs the labels: name their file with --labels, or from Python give "
        "segment(volume, LabelmapBackend(read_labels(path)))"
    )


def _totalsegmentator(volume: Volume) -> Segmentation:
    from coxa.segmentation.backends.totalsegmentator import FULL, segment_totalsegmentator

    return segment_totalsegmentator(volume, FULL)


def _totalsegmentator_fast(volume: Volume) -> Segmentation:
    from coxa.segmentation.backends.totalsegmentator import FAST, segment_totalsegmentator

    return segment_totalsegmentator(volume, FAST)


BACKENDS: Mapping[str, Backend] = {
    "classic": _classic,
    "labelmap": _labelmap,
    "totalsegmentator": _totalsegmentator,
    "totalsegmentator-fast": _totalsegmentator_fast,
}


def segment(volume: Volume, backend: str | Backend = "classic") -> Segmentation:
    """Label hips, sacrum, femurs and metal.

    Parameters
    ----------
    volume : Volume
    backend : str or Backend
        A key of :data:`BACKENDS`, or a back-end of one's own.

    Raises
    ------
    UsageError
        When there is no such back-end.
    NoPelvisError
        When no hip joint with a pelvis about it is in view.
    SegmentationError
        When given labels do not fit the volume.
    """
    if not isinstance(backend, str):
        return backend(volume)
    if backend not in BACKENDS:
        raise UsageError(f"There is no segmentation back-end '{backend}'. Choose one of: {', '.join(BACKENDS)}.")
    return BACKENDS[backend](volume)
