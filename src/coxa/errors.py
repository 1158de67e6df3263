"""What Coxa refuses, one class a kind of refusal; every message says what to do about it."""


class CoxaError(Exception):
    """Root of every refusal. The text is one clear message for the user, without patient identity."""


class UsageError(CoxaError):
    """The call itself is wrong: an option out of range, a missing argument."""


class InputRefusedError(CoxaError):
    """The input cannot be used as it is."""


class UnreadableInputError(InputRefusedError):
    """Nothing readable at that path, or a file that is damaged."""


class NotCTError(InputRefusedError):
    """No CT series, or voxel values that are not Hounsfield units."""


class NoPelvisError(InputRefusedError):
    """The field of view does not hold what the command needs of the pelvis."""


class IrregularSlicesError(InputRefusedError):
    """Slices are missing, irregular, sheared, or several disagree about one position."""


class UnsupportedTransferSyntaxError(InputRefusedError):
    """A compressed transfer syntax whose decoder is not installed; the message has the install line."""


class DecoderError(CoxaError):
    """A decoder of compressed images fails by a fault of its own; the message has its cause and the install line."""


class SegmentationError(InputRefusedError):
    """Bones could not be told apart well enough to go on."""


class MeshError(InputRefusedError):
    """A mesh is not what the operation needs: open, empty, inverted or in another unit."""


class SchemaError(InputRefusedError):
    """A JSON file does not follow its schema."""


class RoundTripError(CoxaError):
    """A file that was just written reads back as something else than what was meant; it is not handed out."""


class FrameMismatchError(CoxaError):
    """Two transforms or values of different frames were combined."""


class FitError(CoxaError):
    """A geometric fit has too few or degenerate points."""
