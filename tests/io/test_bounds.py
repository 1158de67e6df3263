"""Files that cost without end are refused at once; pipes and folders are no files; nesting and names end no program."""

import os
import zipfile

import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from coxa.errors import CoxaError, InputRefusedError, SchemaError, UnreadableInputError, UsageError
from coxa.io import load_scan
from coxa.io.find_scans import find_scans
from coxa.io.records.catalogue_files import read_cup_catalogue
from coxa.io.records.process_files import read_process
from coxa.io.records.study_files import MOST_COLUMNS, read_schema, read_table
from tests.io.body import write_body

READERS = {
    "a.json": read_cup_catalogue,
    "a.toml": read_schema,
    "a.csv": read_table,
    "b.toml": lambda path: read_process(str(path)),
}


def test_a_zip_of_zeros_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:  # noqa: SIM117
        with archive.open("a.dcm", "w") as file:
            file.write(bytes(128) + b"DICM\x02\0\0\0UL\x04\0\0\0\0\0")
            for _ in range(200):
                file.write(bytes(1_000_000))
    with pytest.raises(UnreadableInputError, match="no scan is like that"):
        load_scan(tmp_path / "a.zip")


def test_a_zip_of_a_scan_is_like_one(tmp_path):
    paths = write_body(tmp_path / "in")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.name)
    load_scan(tmp_path / "a.zip")


def test_a_header_without_end(tmp_path):
    write_body(tmp_path / "in")
    element = b"\x08\0\x05\0CS\x04\0ABCD"
    (tmp_path / "in" / "endless.dcm").write_bytes(bytes(128) + b"DICM" + element * 2_000_000)
    scan = load_scan(tmp_path / "in")
    assert any("passed over" in warning for warning in scan.warnings)


def test_a_dataset_that_inflates_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("coxa.io.dicom.bounded.LARGEST_INFLATED_BYTES", 1 << 20)
    paths = write_body(tmp_path)
    small = pydicom.dcmread(paths[0])
    small.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    small.save_as(paths[0])
    load_scan(tmp_path)  # a sound one of 5 kB comes in
    small.PixelData = bytes(2 << 20)
    small.save_as(paths[0])
    assert any("passed over" in warning for warning in load_scan(tmp_path).warnings)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("name", READERS)
def test_a_pipe_is_no_file(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(CoxaError, match="pipe"):
        READERS[name](tmp_path / name)


@pytest.mark.parametrize("name", READERS)
def test_a_folder_is_no_file(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(CoxaError, match="folder"):
        READERS[name](tmp_path / name)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000])
def test_json_nested_without_end(tmp_path, text):
    (tmp_path / "a.json").write_text(text, encoding="ascii")
    with pytest.raises(SchemaError, match=r"nested|is not JSON"):
        read_cup_catalogue(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["a.toml", "b.toml"])
def test_toml_nested_without_end(tmp_path, name):
    (tmp_path / name).write_text("a = " + "[" * 100_000 + "]" * 100_000, encoding="ascii")
    with pytest.raises((SchemaError, UsageError)):
        READERS[name](tmp_path / name)


@pytest.mark.parametrize("number", ["9" * 5000, "1e999", "-1e999", "NaN"])
def test_numbers_beyond_any(tmp_path, number):
    (tmp_path / "a.json").write_text(f'{{"schema": "coxa.cup_catalogue/1", "cups": {number}}}', encoding="ascii")
    with pytest.raises(SchemaError):
        read_cup_catalogue(tmp_path / "a.json")


def test_a_table_of_endless_columns(tmp_path):
    (tmp_path / "a.csv").write_text(",".join(f"c{n}" for n in range(100_000)) + "\n", encoding="ascii")
    with pytest.raises(UnreadableInputError, match=f"more than {MOST_COLUMNS} columns"):
        read_table(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("patient,hhs\n1,80\n", encoding="ascii")
    assert list(read_table(tmp_path / "b.csv").columns) == ["patient", "hhs"]


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_study_beside_names_that_are_no_text(tmp_path):
    write_body(tmp_path / "in")
    strange = os.fsencode(tmp_path / "in") + b"/\xff\xfe"
    os.mkdir(strange)  # noqa: PTH102 - bytes
    os.rename(tmp_path / "in" / "slice_0003.dcm", strange + b"/\xfc.dcm")  # noqa: PTH104 - bytes
    assert load_scan(tmp_path / "in").volume.hu.shape[0] == 21
    found = find_scans(tmp_path)
    assert len(found) == 1
    assert len(found[0].paths) == 21


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_batch_names_cases_of_any_bytes(tmp_path):
    from coxa.batch.identity import fingerprint, pseudonym

    strange = os.fsdecode(b"\xff\xfe.nii.gz")
    assert pseudonym(strange, b"salt" * 8) != pseudonym("a.nii.gz", b"salt" * 8)
    assert len(fingerprint((tmp_path / strange,), b"salt" * 8)) == 64


def test_a_path_that_is_none(tmp_path):
    for path in (tmp_path / ("x" * 5000), tmp_path / "a\0b.nii"):
        with pytest.raises((InputRefusedError, OSError)):
            load_scan(path)
