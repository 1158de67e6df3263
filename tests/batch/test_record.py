"""The record of a finished case: read as it was written, and no proof of anything when it is not whole."""

import json

import pytest

from coxa.batch.record import MEASURED, RECORD_FILE, CaseRecord, read_record, write_record

RECORD = CaseRecord(
    "case-1", MEASURED, "ff", "ab" * 32, {"coxa": "0"}, {"backend": None, "regions": ["pelvis", 2]},
    {"time_s": 600.0, "memory_mb": 4096}, incomplete=("no TD_R",), warnings=("thick slices",),
    files={"measurements.csv": {"size": 10, "sha256": "cd" * 32}}, seconds=2.5,
)  # fmt: skip


def test_a_record_is_read_as_it_was_written(tmp_path):
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD


@pytest.mark.parametrize(
    "change",
    [
        {"files": 5},
        {"files": {"measurements.csv": 5}},
        {"warnings": "thick slices"},
        {"seconds": "2.5"},
        {"state": None},
        {"limits": {"time_s": "600"}},
        {"schema": "coxa.batch_case/2"},
        {"later": 1},
    ],
    ids=str,
)
def test_a_record_of_another_making_is_none(tmp_path, change):
    write_record(tmp_path, RECORD)
    content = json.loads((tmp_path / RECORD_FILE).read_text(encoding="utf-8")) | change
    (tmp_path / RECORD_FILE).write_text(json.dumps(content), encoding="utf-8")
    assert read_record(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_what_is_no_record_is_none(tmp_path, text):
    assert read_record(tmp_path) is None
    (tmp_path / RECORD_FILE).write_text(text, encoding="utf-8")
    assert read_record(tmp_path) is None


def test_a_record_without_one_of_its_keys_is_none(tmp_path):
    write_record(tmp_path, RECORD)
    whole = json.loads((tmp_path / RECORD_FILE).read_text(encoding="utf-8"))
    for key in whole:
        rest = {name: value for name, value in whole.items() if name != key}
        (tmp_path / RECORD_FILE).write_text(json.dumps(rest), encoding="utf-8")
        assert read_record(tmp_path) is None, key
