"""DICOM objects that return to a study: segmentation, structured report, encapsulated STL.

Values and the source images' headers come in; DICOM files go out. Measures nothing.
"""
