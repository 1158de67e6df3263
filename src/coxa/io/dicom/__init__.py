"""DICOM in: files found, headers read, series grouped, slices ordered, voxels assembled; CT slices out.

A path comes in; a volume in LPS mm and HU goes out. Knows no anatomy and keeps no identity.
"""
