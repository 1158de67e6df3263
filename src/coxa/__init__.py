"""Coxa: 3D imaging and preoperative planning of acetabular reconstruction.

A research tool, not a medical device. One straight line of stages::

    scan -> Volume -> Segmentation -> surfaces -> Landmarks -> Measurements -> Plan -> (print files | report)

Every position in the library is in one world frame: DICOM LPS, millimetres
(patient left = +x, posterior = +y, superior = +z). ``left`` and ``right`` are the patient's.
"""

__version__ = "0.1.0"
