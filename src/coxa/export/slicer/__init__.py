"""A case and its plan as a 3D Slicer scene.

Values and files of a plan come in; one ``.mrml`` with its files goes out. Measures nothing.
"""
