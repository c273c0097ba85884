"""How fast the payments world is, beside its nearest peer and NumPy's own limit.

    python benchmarks/payments_world.py --handbook CLONE --peer-python PYTHON

The peer is the simulator of the Fraud Detection Handbook (Le Borgne et al., 2022),
taken unmodified from its notebook in a clone that you make, at its own parameters
(5,000 customers, 10,000 terminals, 183 days). It needs pandas < 2.2, so it runs in
an interpreter of its own: make one with

    python3.11 -m venv PEER && PEER/bin/pip install "pandas<2.2" "numpy<2"

and pass PEER/bin/python. The two run in turn, in fresh processes, each on one
thread. CPU-seconds are counted, not the clock; the figures to quote are the ratios.
"""

import argparse
import ast
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

NOTEBOOK = "Chapter_3_GettingStarted/SimulatedDataset.ipynb"
PARAMETERS = {
    "n_customers": 5_000,
    "n_terminals": 10_000,
    "nb_days": 183,
    "start_date": "2018-04-01",
    "r": 5,
}


def peer(root: Path) -> float:
    """Payments per CPU-second of the handbook's simulator."""
    import pandas as pd

    cells = json.loads((root / NOTEBOOK).read_text())["cells"]
    code = {"np": np, "pd": pd, "random": random, "time": time}
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source.lstrip().startswith("def "):
            tree = ast.parse(source)
            tree.body = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
            exec(compile(tree, NOTEBOOK, "exec"), code)
    start = time.process_time()
    tables = code["generate_dataset"](**PARAMETERS)
    n = len(code["add_frauds"](*tables))
    return n / (time.process_time() - start)


def ours() -> float:
    """Payments per CPU-second of this package, people included, at `book` scale."""
    from sevensteps.cases.fraud.world import PaymentsWorld

    start = time.process_time()
    history = PaymentsWorld("book", seed=7).history()
    return history.payments.num_rows / (time.process_time() - start)


def limit(n: int = 20_000_000) -> float:
    """Rows per CPU-second of NumPy drawing what a row needs at the very least.

    One raw 64-bit word, one float32 normal and one float32 uniform, in day-sized
    pieces that stay in cache, with no column written to memory for good.
    """
    rng = np.random.Generator(np.random.SFC64(7))
    piece = 57_000
    start = time.process_time()
    for _ in range(n // piece):
        rng.integers(0, 2**64, piece, dtype=np.uint64)
        rng.standard_normal(piece, dtype=np.float32)
        rng.random(piece, dtype=np.float32)
    return n / (time.process_time() - start)


def measure(python: str, part: str, root: Path) -> float:
    """Rows per CPU-second of one part, in a process of its own."""
    command = [python, __file__, "--handbook", str(root), "--part", part]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, env={**os.environ, **threads}, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{part} failed under {python}:\n{done.stderr}")
    return float(done.stdout.splitlines()[-1])


def compare(root: Path, peer_python: str, rounds: int) -> None:
    """Measure all parts in turn and print rows per CPU-second and ratios."""
    print("rows per CPU-second")
    print(f"{'round':>5} {'handbook':>10} {'ours':>12} {'NumPy':>12} {'ratio':>7}")
    ratios, shares = [], []
    for number in range(1, rounds + 1):
        theirs = measure(peer_python, "peer", root)
        rate = measure(sys.executable, "ours", root)
        most = measure(sys.executable, "limit", root)
        ratios.append(rate / theirs)
        shares.append(rate / most)
        told = f"{theirs:>10,.0f} {rate:>12,.0f} {most:>12,.0f} {ratios[-1]:>7.0f}"
        print(f"{number:>5} {told}", flush=True)
    low, high = min(ratios), max(ratios)
    print(f"ours / handbook: median {np.median(ratios):.0f} ({low:.0f} to {high:.0f})")
    print(f"ours / NumPy drawing alone: median {np.median(shares):.2f}")


def main() -> None:
    """Read the arguments; compare, or measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--handbook", type=Path, required=True, help="its clone")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=["peer", "ours", "limit"])
    args = parser.parse_args()
    if not (args.handbook / NOTEBOOK).exists():
        parser.error(f"no {NOTEBOOK} under {args.handbook}; clone the handbook there")
    if args.part:
        parts = {"peer": lambda: peer(args.handbook), "ours": ours, "limit": limit}
        print(parts[args.part]())
    else:
        compare(args.handbook, args.peer_python, args.rounds)


if __name__ == "__main__":
    main()
