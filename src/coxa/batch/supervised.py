"""A child process that runs cases under a limit of time and of memory, and is replaced when it dies."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coxa.batch.identity import files_sha256
from coxa.batch.record import FAILED, CaseRecord, replaced_folder, write_record

WATCH_EVERY_S = 0.05
"""How often memory is looked at; a burst shorter than that may pass unseen."""
START_WITHIN_S = 120.0
"""A process that is not ready by then never will be."""
CASES_A_PROCESS = 500
"""Then a fresh one is started, so that nothing a library leaks can add up."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")


class CaseProcess:
    """One child process, started when first needed.

    Parameters
    ----------
    threads : int
        That each library in the child may use.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._done = 0

    def run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run one case; never raises for what the case does.

        Returns
        -------
        dict
            ``state``, ``kind`` and ``reason``; a child that was killed or died leaves a record all the same.
        """
        process = self._ready()
        began = time.monotonic()
        answer, kind, reason = self._watch(process, request, began)
        if answer is not None:
            self._done += 1
            return answer
        self.close()
        return _record_death(request, kind, reason, time.monotonic() - began)

    def close(self) -> None:
        """End the child."""
        process, self._process, self._done = self._process, None, 0
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _watch(
        self, process: subprocess.Popen[str], request: Mapping[str, Any], began: float
    ) -> tuple[dict[str, Any] | None, str, str]:
        import psutil

        time_s, memory_mb = request["limits"]["time_s"], request["limits"]["memory_mb"]
        try:
            _send(process, request)
            watched = psutil.Process(process.pid)
            while True:
                try:
                    line = self._answers.get(timeout=WATCH_EVERY_S)
                except queue.Empty:
                    if time.monotonic() - began > time_s:
                        return None, "time", f"it took longer than the {time_s:g} s allowed"
                    if watched.memory_info().rss > memory_mb * 2**20:
                        return None, "memory", f"it needed more memory than the {memory_mb:g} MB allowed"
                    continue
                if line is not None:
                    return json.loads(line), "", ""
                break
        except (BrokenPipeError, psutil.NoSuchProcess):
            pass
        return None, "crash", f"its process died ({_cause(process)})"

    def _ready(self) -> subprocess.Popen[str]:
        if self._done >= CASES_A_PROCESS:
            self.close()
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = self._start()
        return self._process

    def _start(self) -> subprocess.Popen[str]:
        limits = {name: str(self._threads) for name in THREAD_VARIABLES}
        process = subprocess.Popen(
            [sys.executable, "-m", "coxa.batch.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, **limits},
            start_new_session=True,  # an interrupt from the keyboard is for the parent alone
        )
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_relay, args=(process, self._answers), daemon=True).start()
        if process.stdin is not None:
            process.stdin.write(json.dumps(sys.path) + "\n")
            process.stdin.flush()
        try:  # the time of a case begins when its process is ready
            self._answers.get(timeout=START_WITHIN_S)
        except queue.Empty:
            process.kill()
        return process


def _send(process: subprocess.Popen[str], request: Mapping[str, Any]) -> None:
    if process.stdin is None:
        raise BrokenPipeError
    process.stdin.write(json.dumps(dict(request)) + "\n")
    process.stdin.flush()


def _relay(process: subprocess.Popen[str], answers: queue.SimpleQueue[str | None]) -> None:
    if process.stdout is not None:
        for line in process.stdout:
            answers.put(line)
    answers.put(None)


def _cause(process: subprocess.Popen[str]) -> str:
    code = process.wait()
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _record_death(request: Mapping[str, Any], kind: str, reason: str, seconds: float) -> dict[str, Any]:
    """Write the record that the child could not write any more."""
    record = CaseRecord(
        case_id=request["case_id"],
        state=FAILED,
        fingerprint=request["fingerprint"],
        input_sha256=files_sha256(tuple(Path(p) for p in (*request["paths"], *request["beside"].values()))),
        software=request["software"],
        parameters=request["parameters"],
        limits=request["limits"],
        kind=kind,
        reason=reason,
        seconds=round(seconds, 3),
    )
    with replaced_folder(Path(request["target"])) as folder:
        write_record(folder, record)
    return {"state": FAILED, "kind": kind, "reason": reason}
