"""Numbers must not depend on how wide a processor's vectors are."""

import platform
import subprocess
import sys

import pytest

x86 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors"
)


def told(code):
    fixed = [sys.executable, "-m", "sevensteps.teach.environment", sys.executable]
    run = subprocess.run([*fixed, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    return run.stdout


@x86
def test_numpy_and_faiss_use_vectors_that_every_processor_has():
    code = (
        "from numpy._core import _multiarray_umath as u; "
        "used = [n for n in u.__cpu_dispatch__ if u.__cpu_features__[n]]; "
        "print([n for n in used if n == 'X86_V4' or n.startswith('AVX512')])"
    )
    assert told(code).strip() == "[]"
    assert "AVX2" in told("import faiss; print(faiss.SIMDConfig.get_level_name())")
