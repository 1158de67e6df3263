"""Pseudonyms and fingerprints."""

import pytest

from coxa.batch.identity import files_sha256, fingerprint, pseudonym, read_or_make_salt, safe_id
from coxa.batch.run import name_cases
from coxa.batch.settings import BatchSettings
from coxa.errors import InputRefusedError, UnreadableInputError
from coxa.io.find_scans import FoundScan


def test_a_pseudonym_hangs_on_the_salt():
    assert pseudonym("Meier", b"a" * 32) == pseudonym("Meier", b"a" * 32)
    assert pseudonym("Meier", b"a" * 32) != pseudonym("Meier", b"b" * 32)
    assert "Meier" not in pseudonym("Meier", b"a" * 32)


def test_a_salt_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    salt = read_or_make_salt(tmp_path / "salt")
    assert len(salt) == 32 and read_or_make_salt(tmp_path / "salt") == salt
    assert (tmp_path / "salt").stat().st_mode & 0o077 == 0
    assert read_or_make_salt(tmp_path / "other") != salt


@pytest.mark.parametrize("text", ["", "xyz", "abcd"])
def test_a_file_that_holds_no_salt_is_refused(tmp_path, text):
    (tmp_path / "salt").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableInputError, match="salt"):
        read_or_make_salt(tmp_path / "salt")


@pytest.mark.parametrize("wrong", ["", "..", "a/b", "a b", "Ä", ".hidden", "x" * 65])
def test_an_id_that_cannot_be_a_folder_is_refused(wrong):
    with pytest.raises(InputRefusedError):
        safe_id(wrong)


def test_own_ids_are_used_as_they_are(tmp_path):
    settings = BatchSettings(out=tmp_path, salt=b"s" * 32)
    (case,) = name_cases([FoundScan((tmp_path / "x.nii",), "p-07", "p-07")], settings)
    assert case.case_id == "p-07" and case.target == tmp_path / "cases" / "p-07"


def test_content_counts_and_not_the_name(tmp_path):
    for name, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    one, same, other = (files_sha256((tmp_path / name,)) for name in "abc")
    assert one == same != other
    assert files_sha256((tmp_path / "absent",)) is None


def test_a_fingerprint_sees_size_and_files_that_come_or_go(tmp_path):
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "1").write_text("x", encoding="utf-8")
    first = fingerprint((tmp_path / "series",), b"s")
    (tmp_path / "series" / "2").write_text("x", encoding="utf-8")
    assert fingerprint((tmp_path / "series",), b"s") != first
    assert fingerprint((tmp_path / "absent",), b"s") != first
