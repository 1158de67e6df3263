"""The phantoms' surfaces and landmarks, found once."""

import pytest

from coxa.landmarks import find_landmarks
from coxa.surface import extract_surfaces


@pytest.fixture(scope="session")
def native_surfaces(native_phantom):
    return extract_surfaces(native_phantom.segmentation)


@pytest.fixture(scope="session")
def native_landmarks(native_phantom, native_surfaces):
    return find_landmarks(native_surfaces, native_phantom.volume.grid)


@pytest.fixture(scope="session")
def revision_surfaces(revision_phantom):
    return extract_surfaces(revision_phantom.segmentation)


@pytest.fixture(scope="session")
def revision_landmarks(revision_phantom, revision_surfaces):
    return find_landmarks(revision_surfaces, revision_phantom.volume.grid)
