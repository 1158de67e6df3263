"""``coxa cohort``, ``agree`` and ``harris`` from the outside: files, exit codes, nothing half-written."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coxa.cli.app import app

STUDY = Path(__file__).parents[2] / "sample_ct" / "study"
SUMMARY = """outcome,group,visit,n,mean,sd,unit,test,correlation
height,3D,before,19,34.45,12.13,mm,student,
height,3D,after,19,26.92,4.29,mm,student,0.918
height,control,after,19,30.13,5.17,mm,student,
"""


SMALL = """patient,group,harris_before,harris_after,vas_after
p1,3D,40,80,1
p2,3D,45.5,86.5,2
p3,3D,38,79,1
p4,control,41,71.5,3
p5,control,43,76,3
p6,control,36,70,2
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The whole study, analysed once."""
    out = tmp_path_factory.mktemp("study") / "out"
    arguments = ["cohort", STUDY / "patients.csv", "--schema", STUDY / "study.toml", "-o", out, "--json"]
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == 0, done.output
    return out, json.loads(done.stdout)


def test_cohort_writes_numbers_page_and_figures(report):
    out, printed = report
    document = json.loads((out / "cohort.json").read_text(encoding="utf-8"))
    assert document["schema"] == "coxa.cohort/1"
    times = next(c for c in document["between"] if c["outcome"] == "operation_time")
    assert round(times["primary"]["p"], 3) == 0.049
    page = (out / "cohort.html").read_text(encoding="utf-8")
    assert "Synthetic data" in page and "139.47 ± 44.16" in page
    assert (out / "figures" / "forest.svg").exists()
    assert printed["cohort"]["between"] == document["between"]


def test_the_page_needs_no_other_file_and_names_no_patient(report):
    out, _ = report
    page = (out / "cohort.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert "://" not in re.sub(r"base64,[^\"]*", "", page)
    for name in ("cohort.html", "cohort.json"):
        assert "synthetic-01" not in (out / name).read_text(encoding="utf-8")


def small(coxa, folder, *more, text=SMALL, out="out"):
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return coxa("cohort", folder / "t.csv", "-o", folder / out, "--json", *more)


def test_the_same_table_gives_the_same_bytes(coxa, tmp_path):
    for name in ("one", "two"):
        assert small(coxa, tmp_path, out=name).exit_code == 0
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert len(files) > 3
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


def test_a_schema_beside_the_table_is_found(coxa, tmp_path):
    schema = 'title = "Mine"\npatient = "patient"\n[[outcomes]]\nname = "vas"\nafter = "vas_after"\n'
    (tmp_path / "t.toml").write_text(schema, encoding="utf-8")
    assert json.loads(small(coxa, tmp_path).stdout)["cohort"]["title"] == "Mine"


def test_without_a_schema_tests_are_chosen_by_normality(coxa, tmp_path):
    found = json.loads(small(coxa, tmp_path).stdout)["cohort"]["between"]
    assert {c["outcome"]: c["primary"]["name"] for c in found}["harris"] == "Welch t test"
    assert all("normality" in c["chosen"] for c in found)


def test_semicolons_and_decimal_commas_of_spreadsheets_are_read(coxa, tmp_path):
    spreadsheet = "\ufeff" + SMALL.replace(",", ";").replace(".", ",")
    runs = (small(coxa, tmp_path, text=text, out=out) for text, out in ((SMALL, "a"), (spreadsheet, "b")))
    plain, other = (json.loads(done.stdout) for done in runs)
    assert plain["cohort"] == other["cohort"]


def test_a_wrong_cell_is_refused_and_nothing_written(coxa, tmp_path):
    text = (STUDY / "patients.csv").read_text(encoding="utf-8").replace("synthetic-02,3D", "synthetic-02,4D")
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    done = coxa("cohort", tmp_path / "t.csv", "--schema", STUDY / "study.toml", "-o", tmp_path / "out")
    assert done.exit_code == 3
    assert "row 3, column 'group': '4D'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_summaries_alone_give_the_p_values(coxa, tmp_path):
    (tmp_path / "s.csv").write_text(SUMMARY, encoding="utf-8")
    done = coxa("cohort", tmp_path / "s.csv", "--summary", "-o", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["cohort"]
    assert found["between"][0]["primary"]["p"] == pytest.approx(0.0444, abs=5e-5)
    assert found["within"][0]["primary"]["p"] == pytest.approx(0.001, abs=5e-4)


def test_a_page_of_summaries_gives_counts_and_claims_nothing_about_missing_values(coxa, tmp_path):
    header, *rows = SUMMARY.splitlines()
    rows = [f"{row}," for row in rows] + ["transfused,3D,after,19,,,,,,7", "transfused,control,after,19,,,,,,13"]
    (tmp_path / "s.csv").write_text("\n".join([f"{header},events", *rows]) + "\n", encoding="utf-8")
    done = coxa("cohort", tmp_path / "s.csv", "--summary", "-o", tmp_path / "out")
    page = (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "7 of 19 (37 %)" in page and "13 of 19 (68 %)" in done.output
    assert "not known" in page and "median" not in page


def test_the_page_says_test_statistic_family_and_which_way_is_better(report):
    out, _ = report
    page = (out / "cohort.html").read_text(encoding="utf-8")
    for said in (
        "t(36) = −2.04",
        "lower is better",
        "declared family of 5 tests",
        "Research tool, not a medical device",
    ):
        assert said in page
    assert " P ." not in page, "a P value in a sentence has its sign"


def test_the_note_on_the_data_stands_in_the_terminal_too(coxa, tmp_path):
    done = coxa("cohort", STUDY / "patients.csv", "--schema", STUDY / "study.toml", "-o", tmp_path / "out")
    assert "Synthetic data" in done.output


def test_a_comparison_without_result_exits_1_with_its_reason(coxa, tmp_path):
    (tmp_path / "s.csv").write_text(SUMMARY.replace("0.918", ""), encoding="utf-8")
    done = coxa("cohort", tmp_path / "s.csv", "--summary", "-o", tmp_path / "out", "--json")
    assert done.exit_code == 1
    assert "correlation" in json.loads(done.stdout)["incomplete"][0]


def test_a_full_output_folder_is_refused(coxa, tmp_path):
    (tmp_path / "x").write_text("x", encoding="utf-8")
    assert coxa("cohort", STUDY / "patients.csv", "-o", tmp_path).exit_code == 2


def measurements(values):
    rows = [f"c{i},left,rotation_centre_height,{v},mm,app,ok" for i, v in enumerate(values)]
    return "\n".join(["case_id,side,metric,value,unit,frame,status", *rows]) + "\n"


def test_agree_writes_limits_and_a_plot(coxa, tmp_path):
    for name, shift in (("a", 0.5), ("b", 0.0)):
        (tmp_path / f"{name}.csv").write_text(
            measurements([10 + shift, 14 + 2 * shift, 21.0, 30 + shift]), encoding="utf-8"
        )
    done = coxa("agree", tmp_path / "a.csv", tmp_path / "b.csv", "-o", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.output
    (metric,) = json.loads((tmp_path / "out" / "agreement.json").read_text(encoding="utf-8"))["metrics"]
    assert metric["pairs"] == 4 and metric["agreement"]["bias"]["estimate"] == pytest.approx(0.5)
    assert (tmp_path / "out" / "figures" / "rotation_centre_height_app_left.svg").exists()
    page = (tmp_path / "out" / "agreement.html").read_text(encoding="utf-8")
    assert "Bland" in page and "A: a.csv · B: b.csv" in page


def test_two_tables_of_one_name_are_told_apart_by_their_folders(coxa, tmp_path):
    for rater in ("one", "two"):
        (tmp_path / rater).mkdir()
        (tmp_path / rater / "measurements.csv").write_text(measurements([10, 14, 21.0]), encoding="utf-8")
    tables = [tmp_path / rater / "measurements.csv" for rater in ("one", "two")]
    assert coxa("agree", *tables, "-o", tmp_path / "out").exit_code == 0
    page = (tmp_path / "out" / "agreement.html").read_text(encoding="utf-8")
    assert "A: one/measurements.csv · B: two/measurements.csv" in page


HEADER = "patient,pain,limp,support,distance,stairs,shoes,sitting,transport,deformity,range_of_motion,vas\n"


def test_harris_scores_a_table(coxa, tmp_path):
    (tmp_path / "items.csv").write_text(
        HEADER + "p1,none,none,none,unlimited,4,4,5,1,no,5,1\n" + "p2,mild,8,7,8,2,2,3,1,no,4,6\n", encoding="utf-8"
    )
    done = coxa("harris", tmp_path / "items.csv", "-o", tmp_path / "scored.csv", "--json")
    assert done.exit_code == 0, done.output
    scores = json.loads(done.stdout)["scores"]
    assert [(s["harris"], s["band"], s["vas"]) for s in scores] == [(100, "excellent", 1), (69, "poor", 6)]
    assert "harris_band" in (tmp_path / "scored.csv").read_text(encoding="utf-8")


def test_a_score_just_below_a_band_is_not_printed_as_inside_it(coxa, tmp_path):
    (tmp_path / "items.csv").write_text(HEADER + "p1,40,8,11,11,2,4,5,1,no,3.97,\n", encoding="utf-8")
    printed = coxa("harris", tmp_path / "items.csv").output
    assert "89.97" in printed and "good" in printed


def test_harris_refuses_impossible_items_by_row(coxa, tmp_path):
    (tmp_path / "items.csv").write_text(HEADER + "p1,awful,none,none,unlimited,4,4,5,1,no,5,11\n", encoding="utf-8")
    done = coxa("harris", tmp_path / "items.csv", "-o", tmp_path / "scored.csv")
    assert done.exit_code == 3 and "row 2" in done.stderr and "pain 'awful'" in done.stderr
    assert not (tmp_path / "scored.csv").exists()


def test_a_table_agrees_with_itself(coxa, tmp_path):
    lines = "\n".join(f"c{n},left,offset,{40.1 + 1.3 * n},mm,app,,ok,,,,0" for n in range(6))
    header = "case_id,side,metric,value,unit,frame,definition,status,reason,uncertainty,method,software_version"
    (tmp_path / "a.csv").write_text(f"{header}\n{lines}\n", encoding="utf-8")
    done = coxa("agree", tmp_path / "a.csv", tmp_path / "a.csv", "-o", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.output
    (metric,) = json.loads((tmp_path / "out" / "agreement.json").read_text(encoding="utf-8"))["metrics"]
    for icc in (metric["agreement"]["icc_agreement"], metric["agreement"]["icc_consistency"]):
        assert (icc["estimate"], icc["low"], icc["high"]) == (1.0, 1.0, 1.0)
