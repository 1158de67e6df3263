"""Whole batches: one case never harms another, and what comes out is whole, ordered and names nobody."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from coxa.batch.run import LOCK_FILE, run_cases
from coxa.batch.settings import BatchSettings
from coxa.batch.tables import write_tables
from coxa.errors import UsageError

TABLES = (
    "measurements.csv",
    "measurements.parquet",
    "measurements_wide.csv",
    "measurements_wide.parquet",
    "errors.csv",
)


def ignore(state):
    pass


def errors_of(out):
    with (out / "errors.csv").open(newline="", encoding="utf-8") as file:
        return {row["kind"]: row["reason"] for row in csv.DictReader(file)}


def test_one_case_never_brings_down_another(batch_of):
    words = ("crash", "ok 1", "hang", "refuse", "part 2", "greedy", "ok 3")
    cases, settings = batch_of(*words, time_limit_s=5, memory_limit_mb=600)
    seen = []
    state = run_cases(cases, settings, seen.append)
    write_tables(settings.out, [case.target for case in cases], {"parameters": {}})
    assert (state.done, state.failed, state.kept) == (7, 4, 0)
    assert [s.done for s in seen] == list(range(8)) and seen[-1].remaining == 0
    assert errors_of(settings.out) == {
        "crash": "its process died (SIGSEGV)",
        "time": "it took longer than the 5 s allowed",
        "memory": "it needed more memory than the 600 MB allowed",
        "refused": "no pelvis in the field of view",
    }
    _check_tables(settings.out)
    _check_that_nobody_is_named(settings.out)


def _check_tables(out):
    with (out / "measurements.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["case_id"] for row in rows] == sorted(row["case_id"] for row in rows) and len(rows) == 6
    long = pq.read_table(out / "measurements.parquet").to_pylist()
    assert [row["value"] for row in long] == [float(row["value"]) if row["value"] else None for row in rows]
    assert {row["reason"] for row in long} == {None, "cut off"}
    wide = pq.read_table(out / "measurements_wide.parquet").to_pylist()
    assert sorted(row["rotation_centre_height left app [mm]"] for row in wide) == [1, 2, 3]
    assert all(row["femoral_offset left app [mm]"] is None for row in wide)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["cases"]) == 7
    measured = [case for case in manifest["cases"] if case["state"] == "measured"]
    assert all(len(case["input_sha256"]) == 64 and case["software"]["coxa"] for case in measured)
    assert all(case["peak_memory_mb"] is None or case["peak_memory_mb"] > 1 for case in measured)


def _check_that_nobody_is_named(out):
    for path in out.rglob("*"):
        assert "Meier" not in path.name
        assert path.is_dir() or b"Meier" not in path.read_bytes()


def test_a_second_run_keeps_all_and_gives_the_same_tables(batch_of):
    cases, settings = batch_of("ok 1", "refuse")
    folders = [case.target for case in cases]
    run_cases(cases, settings, ignore)
    write_tables(settings.out, folders, {})
    before = {name: (settings.out / name).read_bytes() for name in TABLES}
    state = run_cases(cases, settings, ignore)
    assert (state.kept, state.done) == (2, 0)
    write_tables(settings.out, folders, {})
    assert {name: (settings.out / name).read_bytes() for name in TABLES} == before


def test_leftovers_of_killed_processes_are_removed(batch_of):
    cases, settings = batch_of("ok 1")
    leftover = settings.out / "cases" / ".coxa-partial-abc"
    leftover.mkdir(parents=True)
    run_cases(cases, settings, ignore)
    assert not leftover.exists()


def test_two_batches_never_share_a_folder(batch_of):
    cases, settings = batch_of("ok 1")
    settings.out.mkdir()
    with FileLock(settings.out / LOCK_FILE), pytest.raises(UsageError, match="another batch"):
        run_cases(cases, settings, ignore)


def test_cases_of_another_list_are_not_mixed_in(batch_of, run_here):
    cases, settings = batch_of("ok 1", "ok 2")
    run_here(cases[0], settings)
    with pytest.raises(UsageError, match="1 case"):
        run_cases(cases[1:], settings, ignore)


def test_an_empty_batch_still_writes_tables(batch_of):
    cases, settings = batch_of("refuse")
    run_cases(cases, settings, ignore)
    write_tables(settings.out, [case.target for case in cases], {})
    assert (settings.out / "measurements.csv").read_text(encoding="utf-8").count("\n") == 1
    assert pq.read_table(settings.out / "measurements_wide.parquet").num_rows == 0


@pytest.mark.parametrize(
    "changes", [{"workers": 0}, {"workers": 1, "scheduler": "tcp://x:1"}, {"time_limit_s": 0}, {"memory_limit_mb": -1}]
)
def test_impossible_settings_are_refused(changes, tmp_path):
    with pytest.raises(UsageError):
        BatchSettings(**{"out": tmp_path, "salt": b""} | changes)


@pytest.mark.slow
def test_two_workers_give_the_tables_of_one(batch_of):
    cases, settings = batch_of("ok 1", "crash", "ok 2", "refuse", "ok 3", "part 4")
    for name, workers in (("one", None), ("two", 2)):
        chosen = replace(settings, out=settings.out / name, workers=workers)
        moved = [replace(case, target=chosen.out / "cases" / case.case_id) for case in cases]
        run_cases(moved, chosen, ignore)
        write_tables(chosen.out, [case.target for case in moved], {})
    for name in TABLES:
        assert (settings.out / "one" / name).read_bytes() == (settings.out / "two" / name).read_bytes()


@pytest.mark.slow
def test_a_cluster_that_runs_already_is_used_and_left_running(batch_of):
    from distributed import LocalCluster

    local = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "protocol": "tcp://"}
    cases, settings = batch_of("ok 1", "crash", "ok 2")
    with LocalCluster(**local, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        state = run_cases(cases, replace(settings, scheduler=cluster.scheduler_address), ignore)
        assert cluster.status.name == "running"
    assert (state.done, state.failed) == (3, 1)


@pytest.mark.slow
def test_an_address_without_scheduler_is_refused(batch_of):
    cases, settings = batch_of("ok 1")
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        run_cases(cases, replace(settings, scheduler="tcp://127.0.0.1:9"), ignore)


RUN = """
import sys
from pathlib import Path
from coxa.batch.run import name_cases, run_cases
from coxa.batch.settings import BatchSettings
from coxa.batch.tables import write_tables
from coxa.io.find_scans import FoundScan
folder, workers = Path(sys.argv[1]), int(sys.argv[2]) or None
if __name__ == "__main__":
    scans = [FoundScan((path,), path.name) for path in sorted((folder / "in").iterdir())]
    settings = BatchSettings(folder / "out", b"s" * 32, "tests.batch.stages:act", workers=workers)
    cases = name_cases(scans, settings)
    run_cases(cases, settings, lambda state: None)
    write_tables(settings.out, [case.target for case in cases], {})
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_batch_killed_again_and_again_ends_with_the_same_tables(batch_of, tmp_path, workers):
    cases, settings = batch_of(*(f"slow {i}" for i in range(8)), "refuse")
    (tmp_path / "run.py").write_text(RUN, encoding="utf-8")
    command = [sys.executable, tmp_path / "run.py", tmp_path, str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for wanted in (1, 3, 5):
        running = subprocess.Popen(command, env=environment)
        while len(list((settings.out / "cases").glob("*/case.json"))) < wanted and running.poll() is None:
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
        running.wait()
    subprocess.run(command, env=environment, check=True)
    killed = {name: (settings.out / name).read_bytes() for name in TABLES}
    fresh = replace(settings, out=tmp_path / "fresh")
    moved = [replace(case, target=fresh.out / "cases" / case.case_id) for case in cases]
    run_cases(moved, fresh, ignore)
    write_tables(fresh.out, [case.target for case in moved], {})
    assert killed == {name: (fresh.out / name).read_bytes() for name in TABLES}
    assert not list((settings.out / "cases").glob(".coxa-partial-*"))
