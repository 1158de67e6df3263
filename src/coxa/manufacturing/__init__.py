"""Lattices, print checks and certificates: what makes a mesh a part."""

from coxa.manufacturing.certificate import Certificate, Rule
from coxa.manufacturing.print_check import check_mesh

__all__ = ["Certificate", "Rule", "check_mesh"]
