"""The batch: decides what is still to do, hands cases to Dask, and keeps count."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coxa.batch.identity import files_sha256, fingerprint, pseudonym, safe_id
from coxa.batch.measure_stage import MEASURE_STAGE
from coxa.batch.record import FAILED, CaseRecord, is_current, read_record, replaced_folder, sweep, write_record
from coxa.batch.software import software_versions
from coxa.batch.supervised import CaseProcess
from coxa.errors import InputRefusedError, UsageError
from coxa.io.find_scans import FoundScan

if TYPE_CHECKING:
    from distributed import Client, Future

CASES_FOLDER = "cases"
LOCK_FILE = ".batch.lock"
AHEAD = 4
"""Cases handed to the scheduler for each that can run at once: enough to keep everyone busy, and no more."""
NOWHERE = "127.0.0.1:0"
"""Dask's workers insist on a web server: it hears this computer only, and has no pages."""
QUIET = {
    "distributed.admin.log-length": 100,
    "distributed.admin.low-level-log-length": 100,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
DEFAULT_TIME_LIMIT_S = 1800.0
DEFAULT_MEMORY_LIMIT_MB = 8000.0


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
    """One case: its name, its files and the folder of its results."""

    case_id: str
    paths: tuple[Path, ...]
    target: Path


def name_cases(scans: Sequence[FoundScan], settings: BatchSettings) -> tuple[Case, ...]:
    """Give every scan its pseudonym, in the order of the names.

    Raises
    ------
    InputRefusedError
        When an id of the user's cannot be a folder's name.
    """
    named = {}
    for scan in scans:
        case_id = pseudonym(scan.identity, settings.salt) if scan.chosen_id is None else safe_id(scan.chosen_id)
        if case_id in named:
            raise InputRefusedError("two scans would have the same case id: give ids of your own (--id-column)")
        named[case_id] = Case(case_id, scan.paths, settings.out / CASES_FOLDER / case_id)
    return tuple(named[case_id] for case_id in sorted(named))


def run_cases(cases: Sequence[Case], settings: BatchSettings, watch: Watch) -> BatchState:
    """Run every case that is not done yet; afterwards each has its folder with ``case.json``.

    Raises
    ------
    UsageError
        When another batch works in the same folder, or no cluster answers at the address.
    """
    (settings.out / CASES_FOLDER).mkdir(parents=True, exist_ok=True)
    with _only_batch(settings.out):
        sweep(settings.out / CASES_FOLDER)
        _forget_others(cases, settings)
        software = software_versions()
        open_cases = [case for case in cases if not is_done(case, settings, software)]
        count = _Count(len(cases), len(cases) - len(open_cases), watch)
        if open_cases:
            with dask_client(settings) as client:
                _run_all(client, open_cases, settings, software, count)
        sweep(settings.out / CASES_FOLDER)
    return count.state(0)


class _Count:
    """Counts finished cases and tells the watcher."""

    def __init__(self, total: int, kept: int, watch: Watch) -> None:
        self._total, self._kept, self._watch = total, kept, watch
        self._done, self._failed, self._began = 0, 0, time.monotonic()

    def state(self, running: int) -> BatchState:
        return BatchState(self._total, self._kept, self._done, self._failed, running, time.monotonic() - self._began)

    def finished(self, outcome: Mapping[str, Any], running: int) -> None:
        self._done += 1
        self._failed += outcome["state"] == FAILED
        self._watch(self.state(running))

    def begun(self, running: int) -> None:
        self._watch(self.state(running))


def _run_all(
    client: Client, cases: Sequence[Case], settings: BatchSettings, software: Mapping[str, str], count: _Count
) -> None:
    """Keep a window of cases with the scheduler, so that memory does not grow with their number."""
    from distributed import as_completed

    slots = max(1, sum(client.nthreads().values()))
    threads = max(1, (os.cpu_count() or 1) // slots) if settings.scheduler is None else 1
    waiting = iter(cases)
    requests: dict[str, dict[str, Any]] = {}

    def submit() -> Iterator[Future]:
        case = next(waiting, None)
        if case is not None:
            request = request_for(case, settings, software)
            future = client.submit(run_one, request, threads, pure=False, key=f"{case.case_id}-{time.monotonic_ns()}")
            requests[future.key] = request
            yield future

    first = [future for _ in range(AHEAD * slots) for future in submit()]
    completed = as_completed(first, with_results=True, raise_errors=False)
    first.clear()  # a future that is held keeps its result alive
    count.begun(min(slots, len(requests)))
    for future, result in completed:
        request = requests.pop(future.key)
        outcome = result if future.status == "finished" else _lost(request)
        future.release()
        for following in submit():
            completed.add(following)
        count.finished(outcome, min(slots, len(requests)))


_here = threading.local()
_children: list[CaseProcess] = []


def run_one(request: Mapping[str, Any], threads: int) -> dict[str, Any]:
    """Run one case in the child process of this thread; what Dask calls on a worker."""
    if getattr(_here, "child", None) is None:
        _here.child = CaseProcess(threads)
        _children.append(_here.child)
    outcome: dict[str, Any] = _here.child.run(request)
    return outcome


@contextmanager
def dask_client(settings: BatchSettings) -> Iterator[Client]:
    """Open the cluster asked for: threads of this process, processes on this computer, or one that runs already."""
    import dask
    from distributed import Client, LocalCluster

    with dask.config.set(QUIET):
        if settings.scheduler is not None:
            try:
                client = Client(settings.scheduler, timeout=20)
            except (OSError, ValueError) as error:
                raise UsageError(f"no Dask scheduler answers at '{settings.scheduler}': start one first") from error
            with client:
                if not client.nthreads():
                    client.wait_for_workers(1, timeout=60)
                yield client
            return
        cluster = LocalCluster(
            n_workers=settings.workers or 1,
            threads_per_worker=1,
            processes=settings.workers is not None,
            memory_limit=0,  # each case has its own limit, in its own process
            dashboard_address=NOWHERE,
            worker_dashboard_address=NOWHERE,
            silence_logs=50,
        )
        with cluster, Client(cluster) as client:
            try:
                yield client
            finally:
                while _children:
                    _children.pop().close()
                _here.child = None


def request_for(case: Case, settings: BatchSettings, software: Mapping[str, str]) -> dict[str, Any]:
    """Return what a child process needs to know to run a case; plain JSON."""
    return {
        "case_id": case.case_id,
        "paths": [str(p.absolute()) for p in case.paths],
        "target": str(case.target.absolute()),
        "stage": settings.stage,
        "parameters": {**settings.parameters, "stage": settings.stage},
        "limits": {"time_s": settings.time_limit_s, "memory_mb": settings.memory_limit_mb},
        "software": dict(software),
        "salt": settings.salt.hex(),
        "fingerprint": _fingerprint(case, settings),
    }


def _fingerprint(case: Case, settings: BatchSettings) -> str:
    return fingerprint(tuple(p.absolute() for p in case.paths), settings.salt)


def is_done(case: Case, settings: BatchSettings, software: Mapping[str, str]) -> bool:
    """Tell whether a case was finished with this input, these versions and parameters, and lies there whole."""
    record = read_record(case.target)
    if record is None or record.case_id != case.case_id or (settings.retry == "failed" and record.state == FAILED):
        return False
    wanted = _record(request_for(case, settings, software))
    if not is_current(case.target, record, wanted):
        return False
    if record.fingerprint == wanted.fingerprint:
        return True
    # Copied or touched, perhaps, and still the same scan: then only the quick fingerprint has to be brought up to date.
    return record.input_sha256 is not None and record.input_sha256 == files_sha256(case.paths)


def _record(request: Mapping[str, Any]) -> CaseRecord:
    names = ("case_id", "fingerprint", "software", "parameters", "limits")
    return CaseRecord(state=FAILED, input_sha256=None, **{name: request[name] for name in names})


def _lost(request: Mapping[str, Any]) -> dict[str, Any]:
    """Record a case whose Dask worker died again and again."""
    record = replace(_record(request), kind="worker", reason="the worker that ran it died, several times")
    with replaced_folder(Path(request["target"])) as folder:
        write_record(folder, record)
    return {"state": FAILED, "kind": record.kind, "reason": record.reason}


def _forget_others(cases: Sequence[Case], settings: BatchSettings) -> None:
    """Refuse a folder that holds cases of another list: tables and folders must tell of the same cases."""
    known = {case.case_id for case in cases}
    strangers = [p for p in (settings.out / CASES_FOLDER).iterdir() if p.is_dir() and p.name not in known]
    strangers = [p for p in strangers if read_record(p) is not None]
    if strangers:
        raise UsageError(
            f"the output folder (-o) holds {len(strangers)} case(s) that are not among the scans found: "
            "name another folder, or delete them there"
        )


@contextmanager
def _only_batch(out: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(out / LOCK_FILE, timeout=0):
            yield
    except Timeout as error:
        raise UsageError("another batch works in that output folder (-o): wait for it, or name another") from error
