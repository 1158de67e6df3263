"""Lattices, print checks and certificates: what makes a mesh a part."""
