"""Holm's step-down adjustment over a declared family of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coxa.cohort.results import Comparison


def with_holm(comparisons: Sequence[Comparison], family: Sequence[str]) -> tuple[Comparison, ...]:
    """Return the comparisons with ``holm_p`` of those whose outcome is in the family and has a P value.

    References
    ----------
    Holm S (1979) Scand J Stat 6:65-70.
    """
    from statsmodels.stats.multitest import multipletests

    places = [i for i, c in enumerate(comparisons) if c.outcome in family and c.primary.p is not None]
    if not places:
        return tuple(comparisons)
    adjusted = multipletests([comparisons[i].primary.p for i in places], method="holm")[1]
    found = dict(zip(places, adjusted, strict=True))
    return tuple(replace(c, holm_p=float(found[i])) if i in found else c for i, c in enumerate(comparisons))
