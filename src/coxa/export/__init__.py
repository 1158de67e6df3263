"""What leaves Coxa for other programs: parts for the printer, DICOM objects, 3D Slicer scenes, nnU-Net cases.

A plan with its files comes in; a folder of files, each read again, goes out. Computes nothing clinical.
"""
