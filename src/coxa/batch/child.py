"""The process in which cases run, one after another: ``python -m coxa.batch.child``.

It reads one JSON request a line from standard input and answers one JSON line to what was its standard output. It may
die at any time without harm to anyone: :mod:`coxa.batch.supervised` watches it. When its parent is gone it goes too.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from coxa.batch.identity import files_sha256, fingerprint
from coxa.batch.record import FAILED, MEASURED, CaseRecord, describe_files, replaced_folder, write_record
from coxa.errors import CoxaError

PACKAGE_FOLDER = Path(__file__).resolve().parents[1]
"""Folder of the package: places in tracebacks are named relative to it."""


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Say that it is ready, then answer requests until there are no more; their first line gives the import path."""
    sys.path[:] = json.loads(requests.readline())
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    _say(answers, {"ready": os.getpid()})
    while True:
        _say(answers, run_case(json.loads(waiting.get())))


def run_case(request: dict[str, Any]) -> dict[str, Any]:
    """Run one case, write its folder with its record, and return what the parent needs to know of it."""
    began = time.perf_counter()
    reset_peak_memory()
    paths, target = tuple(Path(p) for p in request["paths"]), Path(request["target"])
    beside = {use: Path(p) for use, p in request["beside"].items()}
    inputs = (*paths, *beside.values())
    record = CaseRecord(
        case_id=request["case_id"],
        state=FAILED,
        fingerprint=fingerprint(inputs, bytes.fromhex(request["salt"])),
        input_sha256=files_sha256(inputs),
        software=request["software"],
        parameters=request["parameters"],
        limits=request["limits"],
    )
    try:
        with replaced_folder(target) as folder:
            outcome = _stage(request["stage"])(paths, beside, folder, record.case_id, record.parameters)
            record = replace(
                record,
                state=MEASURED,
                incomplete=tuple(outcome.incomplete),
                warnings=tuple(outcome.warnings),
                files=describe_files(folder),
                **_costs(began),
            )
            write_record(folder, record)
    except CoxaError as error:
        record = _failed(record, target, "refused", str(error), began)
    except MemoryError:
        record = _failed(record, target, "memory", "the computer had no memory left for it", began)
    except Exception as error:  # a defect in one case must not end the batch
        record = _failed(record, target, "defect", f"unexpected {type(error).__name__} in {_place(error)}", began)
    return {"state": record.state, "kind": record.kind, "reason": record.reason}


def reset_peak_memory() -> None:
    """Let the peak of resident memory count from now on, where Linux can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    except OSError:
        return


def peak_memory_mb() -> float | None:
    """Return the peak of resident memory since the last reset in MB; None where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return None
    return next((round(int(line.split()[1]) / 1024, 1) for line in status.splitlines() if line[:6] == "VmHWM:"), None)


def _say(answers: IO[str], content: dict[str, Any]) -> None:
    answers.write(json.dumps(content) + "\n")
    answers.flush()


def _failed(record: CaseRecord, target: Path, kind: str, reason: str, began: float) -> CaseRecord:
    failed = replace(record, state=FAILED, kind=kind, reason=reason, incomplete=(), warnings=(), files={})
    failed = replace(failed, **_costs(began))
    with replaced_folder(target) as folder:
        write_record(folder, failed)
    return failed


def _costs(began: float) -> dict[str, Any]:
    return {"seconds": round(time.perf_counter() - began, 3), "peak_memory_mb": peak_memory_mb()}


def _stage(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _place(error: Exception) -> str:
    """Return where an error arose within Coxa; its own text may quote a path and stays out."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if PACKAGE_FOLDER in Path(f.filename).parents]
    if not frames:
        return "the stage"
    return f"{Path(frames[-1].filename).relative_to(PACKAGE_FOLDER).as_posix()}, line {frames[-1].lineno}"


def _listen(requests: IO[str], waiting: queue.SimpleQueue[str]) -> None:
    for line in requests:
        waiting.put(line)
    signal.raise_signal(signal.SIGTERM)  # the parent closed the pipe or is dead: whatever runs here is nobody's


def _main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)  # what a library prints must not get among the answers
    serve(sys.stdin, answers)


if __name__ == "__main__":
    _main()
