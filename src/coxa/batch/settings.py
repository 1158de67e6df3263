"""How a batch runs, how far it is, and what a case is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coxa.batch.measure_stage import MEASURE_STAGE
from coxa.errors import UsageError

DEFAULT_TIME_LIMIT_S = 1800.0
"""A case that takes longer is given up, s [E]."""
DEFAULT_MEMORY_LIMIT_MB = 8000.0
"""A case that takes more memory is given up, MB [E]."""


@dataclass(frozen=True)
class BatchSettings:
    """How a batch runs.

    Attributes
    ----------
    out : Path
        Folder of the outputs.
    salt : bytes
        Of pseudonyms and fingerprints.
    stage : str
        ``module:function`` that measures one case (:func:`coxa.batch.measure_stage.measure_case`).
    parameters : mapping
        Handed to the stage; part of what makes a result what it is.
    time_limit_s, memory_limit_mb : float
        For each case.
    workers : int or None
        Processes of a local cluster; None runs one case at a time in this process's threads.
    scheduler : str or None
        Address of a Dask cluster that sees the same disk.
    retry : str
        ``changed`` redoes what changed; ``failed`` also every case that failed.
    """

    out: Path
    salt: bytes
    stage: str = MEASURE_STAGE
    parameters: Mapping[str, Any] = field(default_factory=dict)
    time_limit_s: float = DEFAULT_TIME_LIMIT_S
    memory_limit_mb: float = DEFAULT_MEMORY_LIMIT_MB
    workers: int | None = None
    scheduler: str | None = None
    retry: str = "changed"

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise UsageError("--workers must be 1 or more")
        if self.workers is not None and self.scheduler is not None:
            raise UsageError("give --workers for a cluster on this computer or --scheduler for another, not both")
        if self.time_limit_s <= 0 or self.memory_limit_mb <= 0:
            raise UsageError("the limits of time and memory must be positive")


@dataclass(frozen=True)
class BatchState:
    """How far a batch is: cases in all, kept from before, done now (measured or failed), failed, running."""

    total: int
    kept: int
    done: int
    failed: int
    running: int
    seconds: float

    @property
    def remaining(self) -> int:
        """Cases not begun and not finished."""
        return self.total - self.kept - self.done

    @property
    def rate_per_minute(self) -> float | None:
        """Cases finished a minute."""
        return 60 * self.done / self.seconds if self.done and self.seconds > 0 else None

    @property
    def remaining_s(self) -> float | None:
        """Seconds still needed at this rate."""
        rate = self.rate_per_minute
        return None if rate is None else 60 * self.remaining / rate


Watch = Callable[[BatchState], None]


@dataclass(frozen=True)
class Case:
    """One case: its name, its files and the folder of its results.

    ``beside`` holds what belongs to the input besides the scan, by its use: ``labels``, ``atlas``, ``landmarks``.
    """

    case_id: str
    paths: tuple[Path, ...]
    target: Path
    beside: Mapping[str, Path] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Every file that the result depends on."""
        return (*self.paths, *self.beside.values())
