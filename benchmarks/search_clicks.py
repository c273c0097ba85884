"""How fast the search world's shoppers click, beside ULTRA and Open Bandit Pipeline.

    python benchmarks/search_clicks.py --ultra CLONE --obp CLONE

What is timed is the same for all: given n pages of results, draw who clicks what. Each
part runs in a fresh process on one thread, in turn; CPU-seconds are counted, set-up
apart, and the figures to quote are the ratios.

ULTRA (Tran et al., CIKM 2021; ULTRA_pytorch, Apache 2.0) is the best known toolbox of
learning to rank from clicks. Its click models (position-based, cascade) draw one page
at a time in Python, from grades 0 to 4; its examination table ends at ten places, and
its last entry serves for the rest. Open Bandit Pipeline (Saito et al., NeurIPS 2021;
Apache 2.0) draws all pages at once with NumPy, from given chances, and so is the fairer
peer of a vectorised world. Neither knows devices, trust, satisfaction, purchases or the
same luck under another ranker; ours draws them all. The last part is NumPy's own limit:
one uniform and one look-up for each place.

Both peers are taken unmodified from clones that you make, and run in this environment.
Of Open Bandit Pipeline only the module of slates is loaded: the rest asks for PyTorch,
which no draw needs.

    git clone https://github.com/ULTR-Community/ULTRA_pytorch
    git clone https://github.com/st-tech/zr-obp
"""

import argparse
import importlib
import importlib.util
import os
import statistics
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np

PLACES = 20
SECONDS = 5.0
ULTRA_FILE = "ultra/utils/click_models.py"
OBP_FILE = "obp/dataset/synthetic_slate.py"


def rate(draw: Callable[[], int]) -> float:
    """Pages per CPU-second of a function that draws some and says how many."""
    draw()
    pages, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        pages += draw()
    return pages / (time.process_time() - start)


def grades(n: int) -> np.ndarray:
    """(n, PLACES) grades 0 to 4, most of them low."""
    share = [0.5, 0.2, 0.15, 0.1, 0.05]
    return np.random.default_rng(0).choice(5, (n, PLACES), p=share)


def ultra(root: Path, model: str) -> float:
    """ULTRA's click models, at the noise that its examples use."""
    spec = importlib.util.spec_from_file_location("click_models", root / ULTRA_FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kinds = {"position": module.PositionBiasedModel, "cascade": module.CascadeModel}
    people = kinds[model](0.1, 1.0, 4, 1.0)
    pages = grades(5_000).tolist()

    def draw() -> int:
        return len([people.sampleClicksForOneList(page)[0] for page in pages])

    return rate(draw)


def obp(root: Path, model: str) -> float:
    """Open Bandit Pipeline's synthetic slates: only the draw of their rewards."""
    torch = types.ModuleType("torch")
    torch.tensor = torch.Tensor = type("Tensor", (), {})  # for its annotations
    sys.modules["torch"] = torch
    for name in ("obp", "obp.dataset"):
        package = types.ModuleType(name)
        package.__path__ = [str(root / name.replace(".", "/"))]
        sys.modules[name] = package
    slates = importlib.import_module("obp.dataset.synthetic_slate")
    world = slates.SyntheticSlateBanditDataset(
        n_unique_action=2 * PLACES,
        len_list=PLACES,
        reward_structure="independent",
        click_model={"position": "pbm", "cascade": "cascade"}[model],
        random_state=1,
    )
    chance = np.array([0.1, 0.16, 0.28, 0.52, 1.0])[grades(50_000)]

    def draw() -> int:  # it scales its argument in place: hand it a fresh one
        return len(world.sample_reward_given_expected_reward(chance.copy()))

    return rate(draw)


def ours(model: str) -> float:
    """The world's own eye and hand, on pages of ready-made matches."""
    # -- ADAPT HERE, should `cases.search.world` name its parts anew
    from sevensteps.cases.search.world.pages import ProductMatch, behave

    n, rng = 50_000, np.random.default_rng(0)
    grade = grades(n).astype(np.int8)
    noise = rng.standard_normal((2, n, PLACES), dtype=np.float32)
    match = ProductMatch(
        grade, grade + noise[0], grade + noise[1], rng.random(grade.shape) < 0.9
    )
    product = rng.integers(0, 300_000, grade.shape, dtype=np.int32)
    device = rng.integers(0, 2, n).astype(np.int8)
    session, search = rng.integers(0, 2**63, (2, n)).astype(np.uint64)

    def draw() -> int:
        return len(behave(model, match, product, device, session, search).clicked)

    # ---------------------------------------------------------------------------------
    return rate(draw)


def limit() -> float:
    """NumPy drawing what a page needs at the least, in pieces that stay in cache."""
    rng = np.random.Generator(np.random.SFC64(7))
    grade = grades(2_000).astype(np.int8)
    chance = np.array([0.1, 0.16, 0.28, 0.52, 1.0], np.float32)
    look = (1 / np.arange(1, PLACES + 1)).astype(np.float32)

    def draw() -> int:
        return len(rng.random(grade.shape, dtype=np.float32) < chance[grade] * look)

    return rate(draw)


def parts(args: argparse.Namespace) -> dict[str, Callable[[], float]]:
    """What is to be measured, by name; peers without a clone are left out."""
    found: dict[str, Callable[[], float]] = {}
    for model in ("position", "cascade"):
        found[f"ultra-{model}"] = lambda m=model: ultra(args.ultra, m)
        if args.obp:
            found[f"obp-{model}"] = lambda m=model: obp(args.obp, m)
        found[f"ours-{model}"] = lambda m=model: ours(m)
    found["numpy"] = limit
    return found


def measure(part: str) -> float:
    """One part, in a process of its own and on one thread."""
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, __file__, *sys.argv[1:], "--part", part],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{part} failed:\n{done.stderr}")
    return float(done.stdout.splitlines()[-1])


def compare(names: list[str], rounds: int) -> None:
    """Measure all parts in turn; print pages per CPU-second, and ratios."""
    rates: dict[str, list[float]] = {name: [] for name in names}
    print(f"pages of {PLACES} places per CPU-second")
    print("round" + "".join(f"{name:>16}" for name in names))
    for number in range(1, rounds + 1):
        for name in names:
            rates[name].append(measure(name))
        told = "".join(f"{rates[name][-1]:>16,.0f}" for name in names)
        print(f"{number:>5}{told}", flush=True)
    for name in names:
        if name.startswith("ours"):
            continue
        model = name.split("-")[-1]
        mine = rates[f"ours-{model if model != 'numpy' else 'position'}"]
        ratios = [a / b for a, b in zip(mine, rates[name], strict=True)]
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        print(f"ours / {name}: median {middle:.3g} ({low:.3g} to {high:.3g})")


def main() -> None:
    """Read the arguments; compare, or measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ultra", type=Path, required=True, help="clone of ULTRA")
    parser.add_argument("--obp", type=Path, help="clone of Open Bandit Pipeline")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part")
    args = parser.parse_args()
    for root, file in ((args.ultra, ULTRA_FILE), (args.obp, OBP_FILE)):
        if root and not (root / file).exists():
            parser.error(f"no {file} under {root}; clone the peer there")
    known = parts(args)
    if args.part:
        print(known[args.part]())
    else:
        compare(list(known), args.rounds)


if __name__ == "__main__":
    main()
