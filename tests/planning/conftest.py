"""The block hips that several tests plan on."""

import pytest

from coxa.anatomy import Side
from tests.planning.block_hip import HipCase, roof_loss


@pytest.fixture(scope="session")
def left_case() -> HipCase:
    return HipCase(Side.LEFT, roof_loss())


@pytest.fixture(scope="session")
def right_case() -> HipCase:
    return HipCase(Side.RIGHT, roof_loss())
