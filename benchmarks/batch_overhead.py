"""What a batch costs besides measuring: cases with an empty stage, a case after another or on local workers.

    python benchmarks/batch_overhead.py [--cases 10000] [--workers N]

Prints milliseconds a case, of the clock and of the processors (children included), for the first run, for a second run
that finds all done, and for the tables; and the resident memory of this process while it runs, to see whether it grows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psutil

STAGE = "benchmarks.batch_overhead:nothing"
HEADER = "case_id,side,metric,value,unit,frame,definition,status,reason,uncertainty,method,software_version\n"
METRICS = 60


def nothing(paths, beside, folder, case_id, parameters):  # noqa: ARG001 - every stage is called like this
    """The empty stage: a table of usual length, so that the common tables have work, and no measuring."""
    from coxa.batch.measure_stage import StageOutcome

    rows = (f"{case_id},left,metric_{i},{i}.5,mm,app,none,ok,,0.5,none,0\n" for i in range(METRICS))
    (folder / "measurements.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    return StageOutcome()


@contextmanager
def timed(name: str, cases: int):
    clock, processors = time.perf_counter(), sum(os.times()[:4])
    yield
    clock, processors = time.perf_counter() - clock, sum(os.times()[:4]) - processors
    print(f"{name}: {1000 * clock / cases:.2f} ms a case, processors {1000 * processors / cases:.2f} ms", flush=True)


def main() -> None:
    from coxa.batch.run import name_cases, run_cases
    from coxa.batch.settings import BatchSettings
    from coxa.batch.tables import write_tables
    from coxa.io.find_scans import FoundScan

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=10_000)
    options.add_argument("--workers", type=int)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        scans = []
        for i in range(chosen.cases):
            path = root / "in" / f"{i}.nii"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"x")
            scans.append(FoundScan((path,), path.name))
        settings = BatchSettings(out=root / "out", salt=bytes(32), stage=STAGE, workers=chosen.workers)
        cases = name_cases(scans, settings)
        process, memory = psutil.Process(), []

        def watch(state) -> None:
            if state.done % max(1, chosen.cases // 10) == 0:
                memory.append(round(process.memory_info().rss / 2**20))

        for name in ("first run", "second run, all done"):
            with timed(name, chosen.cases):
                run_cases(cases, settings, watch)
        with timed("tables", chosen.cases):
            write_tables(settings.out, [case.target for case in cases], {})
        print(f"resident memory at each tenth, MB: {memory}; after the tables: {process.memory_info().rss / 2**20:.0f}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
