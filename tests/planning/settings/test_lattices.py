"""The lattices that a plan may ask for are those that can be made."""

from coxa.manufacturing.part.lattice import STYLES, SURFACES
from coxa.planning.settings.augment_settings import LATTICE_STYLES, LATTICES


def test_a_plan_can_choose_every_lattice_that_can_be_made_and_no_other() -> None:
    assert set(LATTICES) == set(SURFACES)
    assert set(LATTICE_STYLES) == set(STYLES)
