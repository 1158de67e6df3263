"""Volume in, Segmentation out: one protocol, a visible dict of back-ends."""

from __future__ import annotations

from typing import Protocol

from coxa.errors import UsageError
from coxa.labels import Segmentation
from coxa.volume import Volume


class Backend(Protocol):
    """Anything that labels bones and metal on the volume's own grid."""

    def __call__(self, volume: Volume) -> Segmentation:
        """Segment a volume."""
        ...


def _classic(volume: Volume) -> Segmentation:
    from coxa.segmentation.classic import segment_classic

    return segment_classic(volume)


BACKENDS: dict[str, Backend] = {"classic": _classic}


def segment(volume: Volume, backend: str = "classic") -> Segmentation:
    """Label hips, sacrum, femurs and metal.

    Parameters
    ----------
    volume : Volume
    backend : str
        A key of :data:`BACKENDS`.

    Raises
    ------
    UsageError
        When there is no such back-end.
    NoPelvisError
        When no pair of hip joints is in view.
    """
    if backend not in BACKENDS:
        raise UsageError(f"There is no segmentation back-end '{backend}'. Choose one of: {', '.join(BACKENDS)}.")
    return BACKENDS[backend](volume)
