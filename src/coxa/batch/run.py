"""The batch: decides what is still to do, hands cases to Dask, and keeps count."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coxa.batch.cluster import dask_client, run_one
from coxa.batch.identity import files_sha256, fingerprint, pseudonym, safe_id
from coxa.batch.record import FAILED, CaseRecord, is_current, read_record, replaced_folder, sweep, write_record
from coxa.batch.settings import BatchSettings, BatchState, Case, Watch
from coxa.batch.software import software_versions
from coxa.errors import InputRefusedError, UsageError
from coxa.io.find_scans import FoundScan

if TYPE_CHECKING:
    from distributed import Client, Future

CASES_FOLDER = "cases"
LOCK_FILE = ".batch.lock"
AHEAD = 4
"""Cases handed to the scheduler for each that can run at once: enough to keep everyone busy, and no more."""


def name_cases(
    scans: Sequence[FoundScan], settings: BatchSettings, beside: Sequence[Mapping[str, Path]] | None = None
) -> tuple[Case, ...]:
    """Give every scan its pseudonym, in the order of the names.

    Parameters
    ----------
    scans : sequence of FoundScan
    settings : BatchSettings
    beside : sequence of mapping, optional
        Of each scan, the files it is measured with: ``labels``, ``atlas``.

    Raises
    ------
    InputRefusedError
        When an id of the user's cannot be a folder's name.
    """
    named = {}
    for scan, with_it in zip(scans, [{}] * len(scans) if beside is None else beside, strict=True):
        case_id = pseudonym(scan.identity, settings.salt) if scan.chosen_id is None else safe_id(scan.chosen_id)
        if case_id in named:
            raise InputRefusedError("two scans would have the same case id: give ids of your own (--id-column)")
        named[case_id] = Case(case_id, scan.paths, settings.out / CASES_FOLDER / case_id, with_it)
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


def request_for(case: Case, settings: BatchSettings, software: Mapping[str, str]) -> dict[str, Any]:
    """Return what a child process needs to know to run a case; plain JSON."""
    return {
        "case_id": case.case_id,
        "paths": [str(p.absolute()) for p in case.paths],
        "beside": {use: str(p.absolute()) for use, p in case.beside.items()},
        "target": str(case.target.absolute()),
        "stage": settings.stage,
        "parameters": {**settings.parameters, "stage": settings.stage},
        "limits": {"time_s": settings.time_limit_s, "memory_mb": settings.memory_limit_mb},
        "software": dict(software),
        "salt": settings.salt.hex(),
        "fingerprint": _fingerprint(case, settings),
    }


def _fingerprint(case: Case, settings: BatchSettings) -> str:
    return fingerprint(tuple(p.absolute() for p in case.inputs), settings.salt)


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
    return record.input_sha256 is not None and record.input_sha256 == files_sha256(case.inputs)


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
    detached = [p for p in (settings.out / CASES_FOLDER).iterdir() if p.is_dir() and p.name not in known]
    detached = [p for p in detached if read_record(p) is not None]
    if detached:
        raise UsageError(
            f"the output folder (-o) holds {len(detached)} case(s) that are not among the scans found: "
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
