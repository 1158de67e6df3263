"""Lattices, print checks and certificates: what makes a mesh a part."""

from coxa.manufacturing.print_check import check_mesh
from coxa.manufacturing.rules.certificate import Certificate, Rule

__all__ = ["Certificate", "Rule", "check_mesh"]
