"""Lattices, print checks and certificates: what makes a mesh a part.

Signed distances and meshes in mm come in; parts and certificates go out. Knows no hip.
"""

from coxa.manufacturing.print_check import check_mesh
from coxa.manufacturing.rules.certificate import Certificate, Rule

__all__ = ["Certificate", "Rule", "check_mesh"]
