"""Nothing of the patient passes the door: not in values, messages, warnings, logs or printed output."""

import contextlib
import json
import logging

import numpy as np
import pytest

from coxa.errors import CoxaError
from coxa.io import inspect_scan, inspection_to_json, load_scan
from tests.io.body import edit, edit_all, write_body

SECRETS = ("Zaphod", "Beeblebrox", "ID-424242", "19520311", "Magrathea", "Slartibartfast")
PEOPLE = {
    "PatientName": "Beeblebrox^Zaphod",
    "PatientID": "ID-424242",
    "PatientBirthDate": "19520311",
    "StudyDate": "19520311",
    "InstitutionName": "Magrathea",
    "ReferringPhysicianName": "Slartibartfast",
    "SeriesDescription": "Zaphod pelvis",
    "StudyDescription": "Zaphod",
    "ProtocolName": "Zaphod",
    "StationName": "Magrathea",
    "ImageComments": "Zaphod",
}


def _spoil_position(paths):
    edit(paths[7], lambda d: d.ImagePositionPatient.__setitem__(0, -150.0))


def _spoil_pixels(paths):
    paths[3].write_bytes(paths[3].read_bytes()[:-900])


def _lose_slices(paths):
    paths[6].unlink()


def _disagree(paths):
    copy = paths[2].with_name("Beeblebrox.dcm")
    copy.write_bytes(paths[2].read_bytes()[:-1] + b"\x03")


def _no_ct(paths):
    edit_all(paths, Modality="MR")


def _bad_values(paths):
    raw = paths[4].read_bytes()
    paths[4].write_bytes(raw.replace(b"DS\x02\x003 ", b"DS\x02\x00??"))


SPOILERS = [list, _spoil_position, _spoil_pixels, _lose_slices, _disagree, _no_ct, _bad_values]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_no_identity_leaves_the_reader(tmp_path, caplog, capfd, recwarn, spoil):
    caplog.set_level(logging.DEBUG)
    paths = write_body(tmp_path / "Beeblebrox Zaphod")
    edit_all(paths, **PEOPLE)
    spoil(paths)
    heard = []
    for call in (load_scan, inspect_scan):
        try:
            answer = call(tmp_path / "Beeblebrox Zaphod")
        except CoxaError as error:
            heard.append(str(error))
            continue
        if call is inspect_scan:
            heard.append(json.dumps(inspection_to_json(answer)))
        else:
            kept = {name: value for name, value in vars(answer).items() if name not in ("volume", "uids")}
            heard.append(str(kept))
    heard += [caplog.text, *capfd.readouterr(), *(str(w.message) for w in recwarn)]
    found = [(secret, text) for secret in SECRETS for text in heard if secret.lower() in text.lower()]
    assert not found


def test_uids_appear_in_no_message_or_list(tmp_path):
    paths = write_body(tmp_path)
    scan, inspection = load_scan(tmp_path), inspect_scan(tmp_path)
    assert set(scan.uids) == {"series", "study", "frame_of_reference"}
    told = json.dumps(inspection_to_json(inspection)) + str(scan.warnings) + str(scan.acquisition)
    paths[3].unlink()
    with pytest.raises(CoxaError) as error:
        load_scan(tmp_path)
    told += str(error.value)
    assert not any(uid in told for uid in scan.uids.values())


@pytest.mark.parametrize("name", ["Beeblebrox.nii.gz", "Beeblebrox.nrrd", "Beeblebrox.mha", "Beeblebrox.zip"])
def test_file_names_are_not_repeated_in_refusals(tmp_path, name):
    (tmp_path / name).write_bytes(np.random.default_rng(0).bytes(500))
    for path in (tmp_path / name, tmp_path / f"absent {name}"):
        with pytest.raises(CoxaError) as error:
            load_scan(path)
        assert "Beeblebrox" not in str(error.value)
        with contextlib.suppress(CoxaError):
            inspect_scan(path)
