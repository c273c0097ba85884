"""Networks that were trained on another processor hand on the same numbers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.training
EMULATOR, PROCESSOR = "qemu-x86_64", "EPYC"  # with caches of its own, without AVX-512
SCRIPT = Path(__file__).with_name("processors.py")
ONE = "single precision"


def hashes(*before):
    """What `processors.py` prints; a link to Python is no program for an emulator."""
    program = Path(sys.executable).resolve()
    path = os.pathsep.join(sys.path)
    # NumPy without AVX2 in both runs: QEMU 7 emulates its `argsort` wrong.
    off = os.environ.get("NPY_DISABLE_CPU_FEATURES", "") + " X86_V3"
    run = subprocess.run(
        [*before, program, "-S", SCRIPT],
        env={**os.environ, "PYTHONPATH": path, "NPY_DISABLE_CPU_FEATURES": off},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2_000:]
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def both():
    """Of this processor, and of an emulated one."""
    emulator = shutil.which(EMULATOR)
    if emulator is None:
        pytest.skip(
            f"{EMULATOR} is missing, so nothing is compared between processors: "
            "tools/system-packages.sh installs it where apt-get exists"
        )
    return hashes(), hashes(emulator, "-cpu", PROCESSOR)


def test_all_that_is_handed_on_is_equal(both):
    ours, theirs = ({k: v for k, v in run.items() if k != ONE} for run in both)
    assert theirs == ours


def test_the_comparison_would_see_the_fault(both):
    """JAX's products in single precision, which nothing hands on, do differ."""
    if both[0][ONE] == both[1][ONE]:
        pytest.skip(f"this processor divides products as an emulated {PROCESSOR} does")
    assert both[0] != both[1]
