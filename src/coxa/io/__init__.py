"""The only place that touches files and foreign frames: DICOM, NIfTI, NRRD, meshes, markups, JSON."""
