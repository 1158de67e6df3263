"""Stages that stand in for measuring: what a case's file says decides what becomes of it."""

import os
import signal
import time

from coxa.batch.measure_stage import StageOutcome
from coxa.errors import NoPelvisError

HEADER = "case_id,side,metric,value,unit,frame,definition,status,reason,uncertainty,method,software_version\n"


def act(paths, beside, folder, case_id, parameters):
    """Do what the file says: refuse, crash, hang, fill memory, or write a measurement."""
    word = paths[0].read_text(encoding="utf-8").split()
    if word[0] == "refuse":
        raise NoPelvisError("no pelvis in the field of view")
    if word[0] == "defect":
        raise ValueError("a text with /some/path")
    if word[0] == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word[0] == "hang":
        time.sleep(600)
    if word[0] == "greedy":
        keep = [bytearray(50 * 2**20) for _ in range(1000)]
        time.sleep(60 + len(keep))
    if word[0] == "slow":
        time.sleep(0.3)
    shift = float(parameters.get("shift", 0.0))
    (folder / "measurements.csv").write_text(
        HEADER + f"{case_id},left,rotation_centre_height,{float(word[1]) + shift},mm,app,d,ok,,0.5,m,0\n"
        f"{case_id},left,femoral_offset,,mm,app,d,not_measurable,cut off,,m,0\n",
        encoding="utf-8",
    )
    os.write(1, b"a library talks\n")
    return StageOutcome(("femoral_offset left: cut off",) if word[0] == "part" else (), ("thick slices",))


def nothing(paths, beside, folder, case_id, parameters):
    """Do nothing: what a case costs besides its measuring."""
    return StageOutcome()


def name_labels(paths, beside, folder, case_id, parameters):
    """Refuse, saying which labels came along."""
    raise NoPelvisError(f"labels {beside['labels'].read_text(encoding='utf-8')}" if "labels" in beside else "no labels")
