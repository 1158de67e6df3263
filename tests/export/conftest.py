"""The made plan and its scan, written once for the room."""

import pytest

from coxa.io.records.saved_plan import read_saved_case
from tests.export.made_plan import write_plan_folder, write_source


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """Return (DICOM folder, scan)."""
    folder = tmp_path_factory.mktemp("source") / "dicom"
    return folder, write_source(folder)


@pytest.fixture(scope="session")
def plan_folder(tmp_path_factory, source):
    return write_plan_folder(tmp_path_factory.mktemp("plans") / "plan", source[1])


@pytest.fixture(scope="session")
def saved(plan_folder):
    return read_saved_case(plan_folder)
