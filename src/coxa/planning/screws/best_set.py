"""The best set of screws: the most worth with room between any two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray, IntArray

TIE = 1e-9
"""Sets whose worth differs by less are equally good: the first found stays."""


def best_set(worth: FloatArray, clear: BoolArray, group: IntArray, most_in_group: Sequence[int]) -> tuple[int, ...]:
    """Return the indices of the set with the greatest summed worth, exactly: branch and bound.

    Any two of the set are clear of each other, and no group has more than its share.

    Parameters
    ----------
    worth : ndarray (N,)
        Positive.
    clear : ndarray (N, N) of bool
        Symmetric.
    group : ndarray (N,)
        From 0.
    most_in_group : sequence of int
        By group.
    """
    order = np.argsort(-worth, kind="stable")
    search = _Search(worth[order], clear[np.ix_(order, order)], group[order], tuple(most_in_group))
    search.descend((), 0.0, np.ones(len(order), dtype=bool), len(most_in_group) - 1, search.most[-1])
    return tuple(int(order[n]) for n in search.best)


class _Search:
    """Takes the groups from the last to the first; within each, candidates by falling worth."""

    def __init__(self, worth: FloatArray, clear: BoolArray, group: IntArray, most: tuple[int, ...]) -> None:
        self.worth, self.group, self.most = worth, group, most
        self.clear = clear & ~np.eye(len(worth), dtype=bool)
        self.clique = _cliques(self.clear)
        self.pair_worth = np.where(self.clear, worth[:, None] + worth[None], -np.inf)
        self.best: tuple[int, ...] = ()
        self.best_worth = 0.0

    def descend(self, taken: tuple[int, ...], gained: float, open_: BoolArray, group: int, left: int) -> None:
        """Try every way to add to ``taken`` from this group and those before it that can still beat the best set."""
        if gained > self.best_worth + TIE:
            self.best, self.best_worth = taken, gained
        before = sum(self._bound(np.flatnonzero(open_ & (self.group == g)), self.most[g]) for g in range(group))
        rest = np.flatnonzero(open_ & (self.group == group))
        if group == 0 and left == 2:
            self._take_best_pair(taken, gained, rest)
        elif left:
            for place, n in enumerate(rest):
                if gained + before + self._bound(rest[place:], left) <= self.best_worth + TIE:
                    return
                later = self.clear[n] & open_
                later[rest[: place + 1]] = False
                self.descend((*taken, int(n)), gained + float(self.worth[n]), later, group, left - 1)
        if group and gained + before > self.best_worth + TIE:
            self.descend(taken, gained, open_, group - 1, self.most[group - 1])

    def _take_best_pair(self, taken: tuple[int, ...], gained: float, rest: IntArray) -> None:
        """Finish with the best two, or the best one, of what is left: looked up, for speed."""
        if not len(rest):
            return
        found = self.pair_worth[np.ix_(rest, rest)]
        first, second = np.unravel_index(int(found.argmax()), found.shape)
        best_alone = float(self.worth[rest[0]])  # it may be worth more than any two that are clear of each other
        pair = float(found[first, second])
        last = (int(rest[first]), int(rest[second])) if pair > best_alone else (int(rest[0]),)
        total = gained + max(pair, best_alone)
        if total > self.best_worth + TIE:
            self.best, self.best_worth = (*taken, *last), total

    def _bound(self, candidates: IntArray, count: int) -> float:
        """Return more than ``count`` of the candidates, best first, can be worth: no two of a clique together."""
        _, first = np.unique(self.clique[candidates], return_index=True)
        return float(np.sort(self.worth[candidates[first]])[::-1][:count].sum())


def _cliques(clear: BoolArray) -> IntArray:
    """Return the clique (N,) of each candidate, greedily: no two of one clique are clear of each other."""
    clique = np.full(len(clear), -1, dtype=np.int64)
    count = 0
    for n in range(len(clear)):
        if clique[n] >= 0:
            continue
        members = [n]
        for other in np.flatnonzero((clique < 0) & ~clear[n]):
            if other != n and not clear[other, members].any():
                members.append(int(other))
        clique[members] = count
        count += 1
    return clique


def segment_distances_mm(starts_mm: FloatArray, ends_mm: FloatArray) -> FloatArray:
    """Return the least distance (N, N) between every two of N segments (exact: Eberly's case by case, vectorised).

    Parameters
    ----------
    starts_mm, ends_mm : ndarray (N, 3)
    """
    p, u = starts_mm, ends_mm - starts_mm
    w = p[:, None] - p[None]
    uu = np.einsum("ij,ij->i", u, u)
    a, c = uu[:, None], uu[None]
    b = u @ u.T
    d = np.einsum("ijk,ik->ij", w, u)
    e = np.einsum("ijk,jk->ij", w, u)
    zero, one = np.zeros_like(b), np.ones_like(b)
    det = a * c - b * b
    inner = det > 1e-9 * a * c
    s = np.where(inner, (b * e - c * d) / np.where(inner, det, 1.0), 0.0)
    t = np.where(inner, (a * e - b * d) / np.where(inner, det, 1.0), 0.0)
    crossing = inner & (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    pairs = [
        (np.clip(-d / a, 0, 1), zero),
        (np.clip((b - d) / a, 0, 1), one),
        (zero, np.clip(e / c, 0, 1)),
        (one, np.clip((e + b) / c, 0, 1)),
        (np.where(crossing, s, 0.0), np.where(crossing, t, 0.0)),
    ]
    squared = [((w + s[..., None] * u[:, None] - t[..., None] * u[None]) ** 2).sum(axis=-1) for s, t in pairs]
    return np.asarray(np.sqrt(np.min(squared, axis=0)))
