"""Every leaf of plan.json and measurements.json, replaced by what it cannot be: refused, with file and field named."""

import json

import pytest

from coxa.errors import SchemaError
from coxa.io.records.case_files import case_to_json, read_case
from coxa.io.records.plan_files import plan_to_json, read_plan
from tests.io.records.every_field import dotted, full_case, full_plan, leaves, replaced

PLAN, CASE = "plan.json", "measurements.json"
CONTENT = {PLAN: plan_to_json(full_plan()), CASE: case_to_json(full_case())}
READ = {PLAN: read_plan, CASE: read_case}

OPEN_RECORDS = {("settings",), ("augment", "parameters")}
"""Their values are numbers or texts, whichever the setting is."""
NULLABLE = {
    # as the docstrings of the values say: "or None"
    PLAN: {
        *("mean_hu", "exit_lps_mm", "exit_beyond_tip_mm", "exit_table", "clearance_mm", "vessel_distance_mm"),
        *("kind", "gap_ml", "undercut_ml", "way_out_lps", "way_out_off_cup_axis_deg", "uncertainty_ml", "seen_lost_ml"),
        *(
            "made_for_sha256",
            "printable",
            "by",
            "at",
            "pelvis_ap_mm",
            "medial_wall_mm",
            "protrusion_mm",
            "host_gap_mm",
            "augment_gap_mm",
        ),
        *("reason", "threshold_mm", "uncertainty", "made_for_sha256"),
    },
    CASE: {"uncertainty", "uncertainty_mm", "reason"},
}
NEVER_NULL = {("augment", "reason"), ("bone_stock", "classes", 0, "reason"), ("screws", 0, "protrusion_mm")}
NOT_READ = {"software", "table", "functional", "apart_from_chosen_mm"}
"""Of measurements.json: who wrote it, and what follows from the rest."""


def in_open_record(path):
    return any(path[: len(record)] == record for record in OPEN_RECORDS)


def is_read(file, path):
    return file == PLAN or not NOT_READ & set(path)


def name_of(path):
    return next(word for word in reversed(path) if isinstance(word, str))


def write(folder, file, content):
    path = folder / file
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def refusal(path):
    with pytest.raises(SchemaError) as caught:
        READ[path.name](path)
    assert caught.type is SchemaError
    return str(caught.value)


def leaves_of(file, *kinds):
    """The leaves that are read, but for the schema's name; with kinds, those of fields that hold one kind of value."""
    return [
        (path, value)
        for path, value in leaves(CONTENT[file])
        if is_read(file, path) and path != ("schema",) and not (kinds and in_open_record(path))
        if not kinds or type(value) in kinds
    ]


def unlike(folder, file, changes, said):
    """Read the file with each change, which must be refused as said; return those that were not."""
    found = []
    for path, wrong in changes:
        written = write(folder, file, replaced(CONTENT[file], path, wrong))
        try:
            READ[file](written)
        except SchemaError as error:
            message = str(error)
            if not (type(error) is SchemaError and f"'{file}': " in message and said(path, wrong) in message):
                found.append((dotted(path), wrong, message))
        else:
            found.append((dotted(path), wrong, "was read"))
    return found


def test_the_walk_meets_every_part():
    """A part that the made plan lacks would be tested by nobody."""
    assert set(CONTENT[PLAN]) == {"schema", *vars(full_plan())}
    assert all(value not in ({}, []) for file in (PLAN, CASE) for _, value in leaves(CONTENT[file]))
    assert len(leaves_of(PLAN)) > 150
    assert len(leaves_of(CASE)) > 90


@pytest.mark.parametrize("file", [PLAN, CASE])
@pytest.mark.parametrize("wrong", [[], {}, 10**350], ids=["list", "object", "huge number"])
def test_a_leaf_is_neither_a_list_nor_an_object_nor_beyond_all_numbers(tmp_path, file, wrong):
    changes = [(path, wrong) for path, _ in leaves_of(file)]
    assert unlike(tmp_path, file, changes, lambda path, _: f"'{file}': {dotted(path)}") == []


@pytest.mark.parametrize("file", [PLAN, CASE])
@pytest.mark.parametrize(("wrong", "word"), [(float("nan"), "NaN")])
def test_no_number_is_without_end(tmp_path, file, wrong, word):
    changes = [(path, wrong) for path, _ in leaves_of(file)]
    assert unlike(tmp_path, file, changes, lambda path, _: f"{dotted(path)}: {word} is no finite number") == []


@pytest.mark.parametrize("file", [PLAN, CASE])
def test_a_text_is_no_number(tmp_path, file):
    numbers = [(path, "54") for path, _ in leaves_of(file, int, float)]
    assert unlike(tmp_path, file, numbers, lambda path, _: f'{dotted(path)}: "54" is no ') == []
    truths = [(path, "54") for path, _ in leaves_of(file, bool)]
    assert unlike(tmp_path, file, truths, lambda path, _: f'{dotted(path)}: "54" is neither true nor false') == []
    assert len(numbers) > 30 and truths


@pytest.mark.parametrize("file", [PLAN, CASE])
def test_a_truth_is_no_number_and_a_number_no_truth(tmp_path, file):
    changes = [(path, True) for path, _ in leaves_of(file, int, float)]
    assert unlike(tmp_path, file, changes, lambda path, _: f"{dotted(path)}: true is no ") == []
    changes = [(path, 1) for path, _ in leaves_of(file, bool)]
    assert unlike(tmp_path, file, changes, lambda path, _: f"{dotted(path)}: 1 is neither true nor false") == []


@pytest.mark.parametrize("file", [PLAN, CASE])
@pytest.mark.parametrize("wrong", [54, True])
def test_a_number_is_no_text(tmp_path, file, wrong):
    changes = [(path, wrong) for path, _ in leaves_of(file, str)]
    assert unlike(tmp_path, file, changes, lambda path, _: f"{dotted(path)}: {json.dumps(wrong)} is no") == []


def may_be_null(file, path):
    inside_vector = isinstance(path[-1], int) and name_of(path) not in ("host_gap_mm", "augment_gap_mm")
    return name_of(path) in NULLABLE[file] and path not in NEVER_NULL and not inside_vector


@pytest.mark.parametrize("file", [PLAN, CASE])
def test_null_stands_only_where_there_may_be_nothing(tmp_path, file):
    present = [path for path, value in leaves_of(file) if value is not None]
    refused = [(path, None) for path in present if not may_be_null(file, path) and not has_a_status(path)]
    assert unlike(tmp_path, file, refused, lambda path, _: f"{dotted(path)}: null is n") == []
    without = [(path, None) for path in present if has_a_status(path)]
    assert unlike(tmp_path, file, without, lambda path, _: f"{dotted(path[:-1])}: ") == []
    read = [(path, None) for path in present if may_be_null(file, path) and not needs_its_reason(path)]
    assert {outcome for *_, outcome in unlike(tmp_path, file, read, lambda *_: "")} == {"was read"}


def has_a_status(path):
    """These are null exactly when the status beside them says so."""
    return path[-1] == "value" or path == ("bone_stock", "classes", 0, "name")


def needs_its_reason(path):
    """What is missing says why; two of the made case do."""
    return path in {("landmarks", "TD_R", "reason"), ("landmarks", "HRC_NATIVE_L", "rungs", 1, "reason")} or (
        path == ("measurements", 2, "reason")
    )


@pytest.mark.parametrize("file", [PLAN, CASE])
@pytest.mark.parametrize("length", [-1, 1])
def test_a_list_whose_length_is_fixed_has_that_length(tmp_path, file, length):
    changes = []
    for path, value in leaves_of(file, int, float):
        if path[-1] == 0:
            numbers = CONTENT[file]
            for word in path[:-1]:
                numbers = numbers[word]
            changes.append((path[:-1], numbers[1:] if length < 0 else [*numbers, value]))
    assert len(changes) > 5
    assert unlike(tmp_path, file, changes, lambda path, _: dotted(path[:1])) == []


@pytest.mark.parametrize("setting", [("settings", "press_fit_mm"), ("augment", "parameters", "cement_gap_mm")])
def test_a_setting_is_a_number_or_a_text_and_stays_what_it_was(tmp_path, setting):
    for value in (54, 54.5, "auto"):
        again = plan_to_json(read_plan(write(tmp_path, PLAN, replaced(CONTENT[PLAN], setting, value))))
        for word in setting:
            again = again[word]
        assert (again, type(again)) == (value, type(value))
    for wrong in (None, True, [], {}):
        assert f"{dotted(setting)}: " in refusal(write(tmp_path, PLAN, replaced(CONTENT[PLAN], setting, wrong)))


def test_whole_millimetres_are_numbers(tmp_path):
    plan = read_plan(write(tmp_path, PLAN, replaced(CONTENT[PLAN], ("cup", "outer_diameter_mm"), 54)))
    assert plan.cup.outer_diameter_mm == 54.0
    assert isinstance(plan.cup.outer_diameter_mm, float)


@pytest.mark.parametrize(
    ("file", "path", "value", "said"),
    [
        (PLAN, ("side",), "upper", 'side: "upper" is none of left, right'),
        (PLAN, ("frame",), "ras", 'frame: "ras" is none of lps'),
        (PLAN, ("approval", "state"), "perhaps", 'approval.state: "perhaps" is none of draft, approved'),
        (PLAN, ("cup", "angle_frame"), "table", 'cup.angle_frame: "table" is none of functional, app'),
        (PLAN, ("motion", 0, "status"), "fine", 'motion[0].status: "fine" is none of ok, warn, not_measurable, failed'),
        (PLAN, ("lps_from_app", 0), [1.0, 0.0, 0.0], "lps_from_app: does not hold 4 x 4 numbers"),
        (PLAN, ("lps_from_app", 0), [2.0, 0.0, 0.0, 0.0], "lps_from_app: a rigid transform needs"),
        (PLAN, ("coverage_map", "host_gap_mm"), [[0.0, 1.0]], "coverage_map: the rows and columns of host_gap_mm"),
        (PLAN, ("cup_choice", "options"), [], "cup_choice: a choice of cups needs at least one option"),
        (PLAN, ("cup_choice", "terms", "centre", "limit"), -1.0, "cup_choice.terms.centre: weight 1 must"),
        (PLAN, ("parts", 0, "file"), "meshes/a\0.stl", "parts[0].file: "),
        (PLAN, ("warnings", 0), "half \ud800", "warnings[0]: "),
        (CASE, ("input", "grid", "size"), [0, 5, 5], "input.grid: a grid needs three positive sizes"),
        (CASE, ("input", "grid", "size", 1), 5.0, "input.grid.size[1]: 5.0 is no whole number"),
        (CASE, ("frames", "app", "lps_from_app", 0), [2.0, 0, 0, 0], "frames.app.lps_from_app: a rigid transform"),
        (CASE, ("landmarks", "HRC_NATIVE_L", "rungs", 0, "rung"), 3, "landmarks.HRC_NATIVE_L.rungs[0].rung: 3 is no"),
        (CASE, ("landmarks", "TD_R", "status"), "ok", "landmarks.TD_R: TD_R: status 'ok' and position disagree"),
    ],
)  # fmt: skip
def test_what_a_value_may_not_be_is_said_with_its_place(tmp_path, file, path, value, said):
    assert f"'{file}': {said}" in refusal(write(tmp_path, file, replaced(CONTENT[file], path, value)))


def without(content, path):
    copy = json.loads(json.dumps(content))
    inner = copy
    for word in path[:-1]:
        inner = inner[word]
    del inner[path[-1]]
    return copy


@pytest.mark.parametrize(
    ("file", "path"),
    [
        (PLAN, ("cup",)),
        (PLAN, ("cup", "outer_diameter_mm")),
        (PLAN, ("parts", 0, "sha256")),
        (PLAN, ("bone_stock", "radial", "native_mm")),
        (CASE, ("input", "sha256")),
        (CASE, ("frames", "app")),
        (CASE, ("landmarks", "HRC_NATIVE_L", "rungs", 0, "rung")),
        (CASE, ("measurements", 0, "unit")),
    ],
)
def test_a_missing_key_is_named(tmp_path, file, path):
    assert f"'{file}': {dotted(path)}: is missing" in refusal(write(tmp_path, file, without(CONTENT[file], path)))


@pytest.mark.parametrize("path", [("cup_choice", "terms"), ("cup_choice", "terms", "size")])
def test_a_plan_without_its_weights_is_not_given_those_of_today(tmp_path, path):
    message = refusal(write(tmp_path, PLAN, without(CONTENT[PLAN], path)))
    assert f"'{PLAN}': {dotted(path[:-1])}: has no '{path[-1]}'" in message


def test_more_than_one_wrong_field_is_counted(tmp_path):
    content = replaced(replaced(CONTENT[PLAN], ("cup", "outer_diameter_mm"), "54"), ("warnings",), None)
    assert refusal(write(tmp_path, PLAN, content)).endswith('cup.outer_diameter_mm: "54" is no number (and 1 more)')


def test_a_file_of_a_later_version_with_more_keys_still_reads(tmp_path):
    content = {**CONTENT[PLAN], "later": {"any": [1, None]}}
    assert plan_to_json(read_plan(write(tmp_path, PLAN, content))) == CONTENT[PLAN]


def test_what_is_read_is_written_again_the_same(tmp_path):
    plan = read_plan(write(tmp_path, PLAN, CONTENT[PLAN]))
    assert json.dumps(plan_to_json(plan)) == json.dumps(CONTENT[PLAN])
    case = read_case(write(tmp_path, CASE, CONTENT[CASE]))
    assert json.dumps(case_to_json(case)) == json.dumps(CONTENT[CASE])
    assert not plan.cup.axis_lps.flags.writeable


NOT_JSON = {
    "truncated": ('{"schema": "coxa.plan/1", "cup"', "is not JSON"),
    "empty": ("", "is not JSON"),
    "list": ("[1, 2]", "holds a list, an object is needed"),
    "text": ('"plan"', 'holds "plan", an object is needed'),
    "null": ("null", "holds null, an object is needed"),
    "deep": ("[" * 100_000, "nested too deeply"),
    "deep object": ('{"a":' * 100_000, "nested too deeply"),
    "deep and whole": ("[" * 5_000 + "]" * 5_000, "nested too deeply"),
    "digits": ('{"schema": ' + "9" * 5_000 + "}", "a number has 5000 digits"),
    "too large": ('{"schema": "coxa.plan/1", "cup": {"shell_mm": 1e999}}',
                  "cup.shell_mm: Infinity is no finite number"),
    "twice": ('{"schema": "coxa.plan/1", "side": "left", "side": "right"}', 'holds the key "side" twice'),
    "schema": ('{"schema": "coxa.plan/2"}', 'says schema "coxa.plan/2"'),
    "schema list": ('{"schema": [[1]]}', "says schema a list"),
    "schema only": ('{"schema": "coxa.plan/1"}', "is missing"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_JSON)
def test_what_is_no_proper_json_gets_one_clear_refusal(tmp_path, kind):
    text, said = NOT_JSON[kind]
    for file, schema in ((PLAN, "coxa.plan"), (CASE, "coxa.measurements")):
        (tmp_path / file).write_text(text.replace("coxa.plan", schema), encoding="utf-8")
        message = refusal(tmp_path / file)
        assert f"'{file}'" in message and said.replace("coxa.plan", schema) in message
        assert len(message) < 300 and "\n" not in message


def test_bytes_that_are_no_utf8(tmp_path):
    (tmp_path / PLAN).write_bytes(b'{"schema": "\xe4"}')
    assert "not UTF-8" in refusal(tmp_path / PLAN)
