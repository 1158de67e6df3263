"""A case of blocks and balls, placed so that what must be seen where is known without looking."""

import numpy as np

from coxa.anatomy import PAIRED_LANDMARKS, SIDES, SINGLE_LANDMARKS, Landmark, Side, Status, landmark_name
from coxa.case import HipFindings, Landmarks, MeasuredCase, Measurement
from coxa.geometry import Grid, Mesh, RigidTransform
from coxa.labels import Segmentation, StructureQuality
from coxa.manufacturing import Certificate, Rule
from coxa.manufacturing.rules.certificate import Verdict
from coxa.planning import PlannedReconstruction
from coxa.planning.augment.values import Augment
from coxa.planning.cup.values import Coverage, PlannedCup, TargetCentre
from coxa.planning.defect.values import Defect
from coxa.planning.plan import Approval, PartFile, Plan
from coxa.planning.screws.values import Screw
from coxa.volume import Volume

CENTRES = {Side.LEFT: np.array([60.0, 10.0, -20.0]), Side.RIGHT: np.array([-60.0, 10.0, -20.0])}
TEARDROPS = {Side.LEFT: np.array([30.0, 5.0, -40.0]), Side.RIGHT: np.array([-30.0, 5.0, -40.0])}
SHA256 = "0123456789abcdef" * 4


def ball(centre, radius=10.0, steps=24):
    """A closed sphere, normals outward."""
    theta, phi = np.meshgrid(np.linspace(0, np.pi, steps + 1), np.linspace(0, 2 * np.pi, 2 * steps, endpoint=False))
    points = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1).reshape(-1, 3)
    n, faces = steps + 1, []
    for column in range(2 * steps):
        nxt = (column + 1) % (2 * steps)
        for row in range(steps):
            a, b, c, d = column * n + row, column * n + row + 1, nxt * n + row + 1, nxt * n + row
            faces += [[a, b, c], [a, c, d]]
    return Mesh(radius * points + np.asarray(centre), np.array(faces))


LPS = np.eye(3)


def grid(direction=LPS, size=(64, 40, 50), spacing=(3.0, 3.0, 3.0)):
    """A grid about the origin, whatever way it lies."""
    direction, middle = np.asarray(direction, float), (np.array(size) - 1) / 2 * np.array(spacing)
    return Grid(size, spacing, -direction @ middle, direction)


def scan():
    """Soft tissue with two hips as balls of bone; labels to match."""
    g = grid()
    k, j, i = np.indices(g.shape)
    points = g.points_from_indices(np.stack([i, j, k], -1))
    hu, labels = np.full(g.shape, 40, np.int16), np.zeros(g.shape, np.uint8)
    for value, side in ((1, Side.LEFT), (2, Side.RIGHT)):
        inside = np.linalg.norm(points - CENTRES[side], axis=-1) < 25
        hu[inside], labels[inside] = 700, value
    quality = (
        StructureQuality("hip_left", 65.4, False, 700.0, 0.25, Status.WARN, "beside metal"),
        StructureQuality("hip_right", 65.4, True, 700.0, 0.0, Status.OK),
        StructureQuality("sacrum", 0.0, False, 0.0, 0.0, Status.NOT_MEASURABLE, "no voxels found"),
    )
    return Volume(hu, g), Segmentation(labels, g, quality=quality)


def landmarks(found=("HRC", "HRC_NATIVE", "TD")):
    """Centres and teardrops when asked for, everything else missing with a reason."""
    names = [landmark_name(stem, side) for stem in PAIRED_LANDMARKS for side in SIDES] + list(SINGLE_LANDMARKS)
    points = {name: Landmark.missing(name, "<cut off> & gone") for name in names}
    for side in SIDES:
        for stem, places in (("HRC", CENTRES), ("HRC_NATIVE", CENTRES), ("TD", TEARDROPS)):
            if stem in found:
                name = landmark_name(stem, side)
                points[name] = Landmark(name, places[side], 1.5, Status.OK, "placed")
    hips = {side.value: HipFindings(False, None, None, "no head") for side in SIDES}
    return Landmarks(points, RigidTransform.from_axes(np.eye(3), np.zeros(3)), Status.OK, None, hips)


def case(found=("HRC", "HRC_NATIVE", "TD")):
    """Measurements with numbers that occur nowhere else, one of them missing."""
    rows = (
        Measurement("left", "rotation_centre_height", 21.37, "mm", "app", "over the line", Status.OK, 0.83, "fit"),
        Measurement(
            "left", "rotation_centre_horizontal", 33.91, "mm", "app", "beside it", Status.WARN, None, "", "dim"
        ),
        Measurement(
            "left",
            "femoral_offset",
            None,
            "mm",
            "none",
            "to the shaft",
            Status.NOT_MEASURABLE,
            None,
            "",
            "femur absent",
        ),
        Measurement("right", "cup_anteversion_radiographic", -7.46, "deg", "app", "Murray", Status.OK, 1.22, "rim"),
        Measurement("none", "leg_length_difference", -8.29, "mm", "app", "left minus right", Status.OK, 2.61, "apices"),
    )
    warnings = ("slices are thick",)
    return MeasuredCase("case-0123456789", SHA256, grid(), warnings, landmarks(found), rows)


def planned():
    """A plan of the left hip with its bodies."""
    centre, up = CENTRES[Side.LEFT], np.array([0.0, 0.0, 1.0])
    axis = np.array([0.6, -0.2, -0.77])
    plan = Plan(
        case_id="case-0123456789",
        input_sha256=SHA256,
        software_version="0.1.0",
        side=Side.LEFT,
        frame="lps",
        lps_from_app=np.eye(4),
        target=TargetCentre(centre, 2.83, "contralateral mirror"),
        cup=PlannedCup(56.0, centre, axis / np.linalg.norm(axis), 41.3, 14.7, "functional"),
        coverage=(Coverage(1.0, 0.43, 0.41, 0.16),),
        defect=Defect(17.34, 1.18, 4.46, 65.44, {"roof": 9.87, "medial": 7.47}, "mirror"),
        augment=Augment(True, 12.46, 8.37, 4.09, 0.713, {"cement_gap_mm": 1.5}, "a gap remains"),
        screws=(Screw(centre + 20 * up, up, 6.5, 35.0, 31.4, None, "postero-superior", "short"),),
        settings={"press_fit_mm": 1.0, "cup_diameter_mm": "auto"},
        parts=(PartFile("augment_part", "meshes/augment_part.stl", "fe" * 32, True),),
        approval=Approval(),
        warnings=("host coverage is low",),
    )
    meshes = {
        "hip_host": ball(centre, 25.0),
        "hip_native": ball(centre, 28.0),
        "cup": ball(centre, 15.0),
        "augment": ball(centre + 20 * up, 8.0),
        "augment_part": ball(centre + 20 * up, 8.0),
    }
    return PlannedReconstruction(plan, meshes)


def certificates():
    """A print check with one broken rule."""
    rules = (
        Rule("watertight", "yes", "yes", "1", Verdict.PASS),
        Rule("wall_thickness", 0.31, 0.4, "mm", Verdict.FAIL, "at 60.0, 10.0, 4.0"),
        Rule("drain_holes", None, 2.0, "mm", Verdict.NOT_CHECKED, "no cavity"),
    )
    return {"augment_part": Certificate("lpbf", rules)}


def surfaces():
    """The two hips as meshes."""
    return {"hip_left": ball(CENTRES[Side.LEFT], 25.0), "hip_right": ball(CENTRES[Side.RIGHT], 25.0)}
