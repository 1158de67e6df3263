"""A plan is read once for a command, from the file that was named; what it cannot hold is no defect of the program."""

import hashlib
import json
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from coxa.io.records.case_files import case_to_json
from coxa.io.records.plan_files import plan_to_json
from tests.export.made_plan import write_plan_folder, write_source
from tests.io.records.every_field import dotted, full_case, full_plan, leaves, replaced

FORMATS = ("stl", "dicom", "slicer", "nnunet")
OPENED: list[Path] = []


def _note_opened(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(".json"):
        OPENED.append(Path(arguments[0]))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("made")
    loaded = write_source(root / "dicom")
    return write_plan_folder(root / "plan", loaded), root / "dicom", loaded


@pytest.fixture(scope="module", autouse=True)
def opened_files():
    """Python itself reports every file that is opened, whoever reads it and however; such a hook cannot be removed."""
    sys.addaudithook(_note_opened)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_reads_plan_and_case_once(coxa, made, tmp_path, monkeypatch, kind):
    plan, scan, loaded = made
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: loaded)
    OPENED.clear()
    done = coxa("export", plan, "-o", tmp_path / "out", "--format", kind, "--scan", scan)
    assert done.exit_code == 0, done.output
    counts = Counter(path.name for path in OPENED if path.parent == plan)
    assert counts["plan.json"] == 1
    assert counts["measurements.json"] == (0 if kind == "stl" else 1)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_plan_that_was_named_is_the_one_exported(coxa, made, tmp_path, monkeypatch, kind):
    """Not the plan.json that lies beside it."""
    plan, scan, loaded = made
    shutil.copytree(plan, tmp_path / "plan")
    (tmp_path / "plan" / "plan.json").rename(tmp_path / "plan" / "second.json")
    (tmp_path / "plan" / "plan.json").write_text("{", encoding="utf-8")
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: loaded)
    named = tmp_path / "plan" / "second.json"
    done = coxa("export", named, "-o", tmp_path / "out", "--format", kind, "--scan", scan)
    assert done.exit_code == 0, done.output
    if kind == "stl":
        sidecar = json.loads((tmp_path / "out" / "augment_part.json").read_text(encoding="utf-8"))
        assert sidecar["plan_sha256"] == hashlib.sha256(named.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_mesh_that_is_not_the_plans_is_refused_by_every_format(coxa, made, tmp_path, monkeypatch, kind):
    plan, scan, loaded = made
    shutil.copytree(plan, tmp_path / "plan")
    shutil.copyfile(plan / "meshes" / "cup.stl", tmp_path / "plan" / "meshes" / "hip_left.stl")
    monkeypatch.setattr("coxa.io.load_scan", lambda path, **_: loaded)
    done = coxa("export", tmp_path / "plan", "-o", tmp_path / "out", "--format", kind, "--scan", scan)
    assert done.exit_code == 3 and "is not the mesh that the plan was made with" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_plan_alone_is_exported_as_parts_but_not_as_a_case(coxa, made, tmp_path):
    plan = made[0]
    shutil.copytree(plan, tmp_path / "plan", ignore=shutil.ignore_patterns("measurements.json"))
    assert coxa("export", tmp_path / "plan", "-o", tmp_path / "parts").exit_code == 0
    done = coxa("export", tmp_path / "plan", "-o", tmp_path / "scene", "--format", "slicer")
    assert done.exit_code == 2 and "whole folder" in done.stderr


def refusals(coxa, folder, file, content, paths, arguments):
    """Run a command on the file with each leaf in turn an empty list; return where it was not refused as it should."""
    found = []
    for path in paths:
        (folder / file).write_text(json.dumps(replaced(content, path, [])), encoding="utf-8")
        done = coxa(*arguments)
        said = " ".join(done.stderr.split())
        if done.exit_code != 3 or "defect in Coxa" in said or f"'{file}'" not in said or dotted(path) not in said:
            found.append((dotted(path), done.exit_code, said))
    return found


def test_every_leaf_of_a_plan_is_refused_by_the_command(coxa, tmp_path):
    content = plan_to_json(full_plan())
    paths = [path for path, _ in leaves(content)]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content), encoding="utf-8")
    compare = ("compare-plans", tmp_path / "plan.json", other)
    assert refusals(coxa, tmp_path, "plan.json", content, paths, compare) == []
    (tmp_path / "plan.json").write_text(json.dumps(content), encoding="utf-8")
    assert coxa(*compare).exit_code == 0


def test_every_field_of_a_case_is_refused_by_the_command(coxa, made, tmp_path):
    """Once for each name; who wrote the file, and what follows from the rest of it, is passed over."""
    content = case_to_json(full_case())
    passed_over = {"software", "table", "functional", "apart_from_chosen_mm"}
    read = [path for path, _ in leaves(content) if not passed_over & set(path)]
    paths = {next(word for word in reversed(path) if isinstance(word, str)): path for path in read}
    assert {"sha256", "size", "lps_from_app", "rung", "implant_present", "uncertainty"} <= set(paths)
    shutil.copytree(made[0], tmp_path / "plan")
    scene = ("export", tmp_path / "plan", "-o", tmp_path / "out", "--format", "slicer")
    assert refusals(coxa, tmp_path / "plan", "measurements.json", content, paths.values(), scene) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "an object is needed"),
        ("[" * 100_000, "nested too deeply"),
        ('{"schema": "coxa.plan/1", "schema": "coxa.plan/1"}', 'the key "schema" twice'),
        ('{"schema": "coxa.plan/1"}', "is missing"),
        ('{"schema": ' + "9" * 5_000 + "}", "5000 digits"),
    ],
    ids=["truncated", "list", "deep", "twice", "empty", "digits"],
)
@pytest.mark.parametrize("command", ["evaluate", "export"])
def test_what_is_no_plan_is_refused_by_the_command(coxa, tmp_path, command, text, said):
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    arguments = (command, tmp_path) + (("-o", tmp_path / "out") if command == "export" else ())
    done = coxa(*arguments)
    words = " ".join(done.stderr.split())
    assert done.exit_code == 3
    assert "'plan.json'" in words and said in words and "defect in Coxa" not in words
    assert not (tmp_path / "out").exists()
