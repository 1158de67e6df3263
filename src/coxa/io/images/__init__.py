"""Single-file images and label files, in and out: NIfTI, NRRD, MetaImage.

A path comes in; voxels on a grid in LPS mm go out, and back. Knows no anatomy but the names of labels.
"""
