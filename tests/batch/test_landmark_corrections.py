"""Corrected landmarks of a batch, a file a case."""

import pytest

from coxa.batch.landmark_corrections import with_landmarks
from coxa.batch.settings import Case
from coxa.errors import InputRefusedError


@pytest.fixture
def cases(tmp_path):
    return [
        Case(name, (tmp_path / f"{name}.nii",), tmp_path / name, {"labels": tmp_path / "l"}) for name in ("p0", "p1")
    ]


def test_each_case_gets_its_own_file_and_the_others_none(cases, tmp_path):
    folder = tmp_path / "moved"
    folder.mkdir()
    (folder / "p1.mrk.json").touch()
    without, with_file = with_landmarks(cases, folder)
    assert set(without.beside) == {"labels"}
    assert with_file.beside["landmarks"] == folder / "p1.mrk.json"
    # The result depends on the file, so a changed file means that the case is measured again.
    assert folder / "p1.mrk.json" in with_file.inputs


def test_a_file_of_no_case_is_refused(cases, tmp_path):
    (tmp_path / "p7.mrk.json").touch()
    with pytest.raises(InputRefusedError, match=r"p7\.mrk\.json"):
        with_landmarks(cases, tmp_path)


def test_no_folder_is_refused(cases, tmp_path):
    with pytest.raises(InputRefusedError, match="names a folder"):
        with_landmarks(cases, tmp_path / "absent")


def test_without_the_option_nothing_changes(cases):
    assert with_landmarks(cases, None) == tuple(cases)
