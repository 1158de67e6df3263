"""The converter by itself: what it takes, what it says, and that it does not guess at types it was not made for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
import pytest

from coxa.errors import SchemaError
from coxa.geometry.arrays import Matrix3x3, Vector3
from coxa.io.records.structure import StrictConverter


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, eq=False)
class Inner:
    place_mm: Vector3
    axes: Matrix3x3 | None = None


@dataclass(frozen=True, eq=False)
class Outer:
    inner: Inner
    colour: Colour
    kind: Literal["a", "b"]
    size: tuple[int, int] = (1, 1)
    many: tuple[Inner, ...] = ()
    named: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Mixed:
    pair: tuple[int, str]


GOOD = {"inner": {"place_mm": [1, 2, 3.5]}, "colour": "red", "kind": "a"}


def test_arrays_are_read_only_and_enumerations_are_members():
    found = StrictConverter().read({**GOOD, "size": [4, 5], "many": [GOOD["inner"]]}, Outer, "a.json")
    assert found.inner.place_mm.tolist() == [1.0, 2.0, 3.5]
    assert found.inner.place_mm.dtype == np.float64 and not found.inner.place_mm.flags.writeable
    assert found.colour is Colour.RED
    assert found.size == (4, 5) and len(found.many) == 1 and found.inner.axes is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"inner": {"place_mm": [1, 2]}}, "inner.place_mm: does not hold 3 numbers"),
        ({"inner": {"place_mm": "123"}}, 'inner.place_mm: "123" is no list'),
        ({"inner": {"place_mm": [1, "2", 3]}}, 'inner.place_mm[1]: "2" is no number'),
        ({"inner": {"place_mm": [1, 2, 3], "axes": [[1, 0, 0]] * 2}}, "inner.axes: does not hold 3 x 3 numbers"),
        ({"inner": {"place_mm": [1, 2, 3], "axes": [[1, 0, 0], [0, 1], [0]]}}, "inner.axes: does not hold 3 x 3"),
        ({"many": [GOOD["inner"], {}]}, "many[1].place_mm: is missing"),
        ({"many": {"0": GOOD["inner"]}}, "many: an object is no list"),
        ({"named": {"roof": "2"}}, 'named.roof: "2" is no number'),
        ({"named": {"two words": None}}, 'named."two words": null is no number'),
        ({"named": [["roof", 2]]}, "named: a list is no object"),
        ({"size": [4]}, "size: holds 1 values, 2 are needed"),
        ({"size": [4, 2**63]}, "size[1]: a number of so many digits is no whole number"),
        ({"colour": "RED"}, 'colour: "RED" is none of red'),
        ({"kind": ["a"]}, "kind: a list is none of a, b"),
        ({"inner": []}, "inner: a list without content is no object"),
    ],
)
def test_the_place_is_said(change, said):
    with pytest.raises(SchemaError) as caught:
        StrictConverter().read({**GOOD, **change}, Outer, "a.json")
    assert str(caught.value).startswith(f"'a.json': {said}")


def test_the_key_of_the_file_is_said_and_not_the_fields_name():
    converter = StrictConverter(keys={Inner: {"place_mm": "position"}})
    assert converter.read({"position": [1, 2, 3]}, Inner, "a.json").place_mm[2] == 3.0
    with pytest.raises(SchemaError, match=r"'a\.json': position: is missing"):
        converter.read({"place_mm": [1, 2, 3]}, Inner, "a.json")


def test_what_the_converter_was_not_made_for_is_a_fault_of_the_program():
    with pytest.raises(TypeError, match="items of one type"):
        StrictConverter().read({"pair": [1, "a"]}, Mixed, "a.json")
