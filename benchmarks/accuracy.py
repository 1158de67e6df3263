"""Measure simulated scans and score the results against their truth.

    python benchmarks/accuracy.py SIMULATED... -o OUT

Each SIMULATED folder holds ``ct.nii.gz``, ``labels.nii.gz`` and ``truth.json`` as ``simct`` writes them;
the score tool beside it judges what ``coxa measure`` wrote under OUT (masks and numbers, mean and worst of each).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

SCORE = Path(__file__).parents[2] / "shared" / "tools" / "score"
MEASURED = (0, 1)
"""Exit codes of ``coxa measure`` that leave results."""


def measure(simulated: Path, out: Path) -> bool:
    """Run ``coxa measure`` on one scan; tell whether it left results."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "coxa", "measure", str(simulated / "ct.nii.gz"), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    print(f"{simulated.name}: {time.perf_counter() - began:.0f} s, exit {done.returncode}", flush=True)
    if done.returncode not in MEASURED:
        print(done.stderr, file=sys.stderr)
    return done.returncode in MEASURED


def score(pairs: list[Path]) -> int:
    """Run the score tool on truth and result folders, in turn."""
    sys.path.insert(0, str(SCORE))
    import score as tool

    # the tool takes an array view of a temporary image, which SimpleITK 2.5 may have freed
    tool.sitk.GetArrayViewFromImage = tool.sitk.GetArrayFromImage
    sys.argv = ["score.py", *map(str, pairs)]
    return int(tool.main() or 0)


def main() -> int:
    """Measure and score the scans named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("simulated", nargs="+", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    arguments = parser.parse_args()
    pairs: list[Path] = []
    for simulated in arguments.simulated:
        out = arguments.out / simulated.name
        if measure(simulated, out):
            pairs += [simulated, out]
    return score(pairs)


if __name__ == "__main__":
    sys.exit(main())
