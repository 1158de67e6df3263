"""Range of motion: the planned joint turned until something touches.

The planned cup, the femur's and the pelvis's surfaces come in; angles go out. Knows no augment.
"""
