"""The environment in which a chapter's numbers repeat: defined here and only here.

`python -m sevensteps.teach.environment COMMAND...` runs a command in it.
"""

import os
import platform
import sys

#: What a kernel needs so that two machines print the same digits.
FIXED = {
    # OpenBLAS picks kernels by processor, and they differ from the seventh digit on.
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    # Two OpenMP runtimes in one process otherwise spin against each other.
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": "2",
    # Bits of some array libraries depend on the number of their threads.
    "NPROC": "1",
    # NumPy, too: its exponentials and logarithms differ in the last bit with the width
    # of a processor's vectors, and one click more or less makes another world. The
    # names are those of NumPy 2.4 and later, then of earlier ones.
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR "
    "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL",
    # XLA otherwise compiles for the widest instructions that a processor has.
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "JAX_PLATFORMS": "cpu",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    # ipykernel otherwise warns on stderr, which would become part of an output.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
if platform.machine() in ("x86_64", "AMD64"):
    FIXED["FAISS_SIMD_LEVEL"] = "AVX2"  # for the same reason; elsewhere it complains


def fixed_environment() -> dict[str, str]:
    """This process's environment with everything in `FIXED` set."""
    return {**os.environ, **FIXED}


def settle() -> None:
    """Set `FIXED` in this process; call it before NumPy or LightGBM is imported."""
    os.environ.update(FIXED)


def main(command: list[str]) -> None:
    """Replace this process by `command`, run in the fixed environment."""
    if not command:
        raise SystemExit("usage: python -m sevensteps.teach.environment COMMAND...")
    os.execvpe(command[0], command, fixed_environment())


if __name__ == "__main__":
    main(sys.argv[1:])
