"""The ways to a segmentation: Coxa's own, TotalSegmentator, or labels that exist already.

A volume (and what the back-end needs) comes in; a ``Segmentation`` goes out. Knows no landmarks and no measurements.
"""
