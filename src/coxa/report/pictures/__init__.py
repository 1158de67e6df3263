"""The pictures of a case and of a plan.

Finished values come in; images with captions go out. Measures nothing.
"""
