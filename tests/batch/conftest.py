"""Cases made of small text files, each of which says what becomes of it."""

import os
import time

import pytest

from coxa.batch.child import run_case
from coxa.batch.run import name_cases, request_for
from coxa.batch.settings import BatchSettings
from coxa.io.find_scans import FoundScan

STAGE = "tests.batch.stages:act"
SOFTWARE = {"coxa": "1"}


@pytest.fixture
def batch_of(tmp_path):
    """Make files with the given words and return (cases, settings)."""

    def make(*words, **changes):
        scans = []
        for i, word in enumerate(words):
            path = tmp_path / "in" / f"Meier_Anna_{i}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text(word, encoding="utf-8")
            os.utime(path, ns=(10**18, 10**18))
            scans.append(FoundScan((path,), path.name))
        out = tmp_path / "out"
        settings = BatchSettings(**{"out": out, "salt": b"s" * 32, "stage": STAGE, "time_limit_s": 30} | changes)
        return name_cases(scans, settings), settings

    return make


@pytest.fixture
def run_here():
    """Run one case in this process, as a child would."""
    return lambda case, settings, software=SOFTWARE: run_case(request_for(case, settings, software))


@pytest.fixture
def later():
    """Give a file a new time, as copying does."""

    def touch(path):
        os.utime(path, ns=(time.time_ns(), time.time_ns()))

    return touch
