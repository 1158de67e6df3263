"""Which output folders may be written to."""

import json

import pytest

from coxa.cli.destination import require_empty, require_free_for
from coxa.errors import UsageError


def test_a_new_and_an_empty_folder_are_free(tmp_path):
    require_empty(tmp_path / "new")
    require_empty(tmp_path)
    require_free_for(tmp_path, "aa")


def test_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="file"):
        require_empty(tmp_path / "out")
    with pytest.raises(UsageError, match="file"):
        require_free_for(tmp_path / "out", "aa")


def test_files_of_the_user_may_lie_beside_results_but_not_among_parts(tmp_path):
    (tmp_path / "thesis.docx").write_text("x", encoding="utf-8")
    require_free_for(tmp_path, "aa")
    with pytest.raises(UsageError, match="not empty"):
        require_empty(tmp_path)


def test_results_of_an_unknown_scan_are_refused(tmp_path):
    (tmp_path / "measurements.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="another scan"):
        require_free_for(tmp_path, "aa")


def test_results_of_the_same_scan_may_be_brought_up_to_date_but_not_of_another(tmp_path):
    (tmp_path / "segmentation.json").write_text(json.dumps({"input_sha256": "aa"}), encoding="utf-8")
    require_free_for(tmp_path, "aa")
    with pytest.raises(UsageError, match="another scan"):
        require_free_for(tmp_path, "bb")


def test_a_plan_is_never_overwritten(tmp_path):
    (tmp_path / "segmentation.json").write_text(json.dumps({"input_sha256": "aa"}), encoding="utf-8")
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="plan"):
        require_free_for(tmp_path, "aa")


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[]"], ids=["truncated", "deep", "list"])
def test_a_damaged_result_is_one_of_another_scan(tmp_path, text):
    (tmp_path / "segmentation.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="another scan"):
        require_free_for(tmp_path, "aa")
