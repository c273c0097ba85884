"""How fast the search world is made and lived, beside CLAX, a public click simulator.

    python benchmarks/search_world.py                      # ours
    python benchmarks/search_world.py --clax PYTHON        # and the peer

Every part runs in a fresh process on one thread, in turn; CPU-seconds are counted,
set-up and compilation apart, and the figures to quote are the ratios. A page holds
twenty places.

CLAX (Hager, Zoeter, de Rijke, 2025) is a library of click models in JAX which also
samples from them. Its position-based model and its dynamic Bayesian network are the
peers of our two models of the eye. They know a table of query-document pairs, of a
million here, and draw looks and clicks only: no shopper, query, product, retrieval,
stock or purchase. The fair comparison is therefore `draw`: looks, clicks, satisfaction
and purchases on pages whose promise is known. `read` works the promise out, by grade,
taste, purse, stars and stock; `life` is everything, from who comes today to the table
of the log. CLAX is taken unmodified, in an interpreter of its own:

    python3.11 -m venv CLAX
    CLAX/bin/pip install clax-models==0.1.1 flax==0.11.2 jax==0.7.1 jaxlib==0.7.1
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

PLACES = 20
PAGES = 10_000  # at a time
SECONDS = 10.0


def per_second(read: Callable[[], object]) -> float:
    """Pages per CPU-second of something that reads PAGES at a time."""
    read()  # compiles
    n, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        read()
        n += PAGES
    return n / (time.process_time() - start)


def clax(name: str) -> float:
    """Pages per CPU-second of CLAX, compiled."""
    import jax
    import jax.numpy as jnp
    from clax import DynamicBayesianNetwork, PositionBasedModel
    from flax import nnx

    pairs, rngs = 1_000_000, nnx.Rngs(42)
    if name == "position":
        model = PositionBasedModel(positions=PLACES, query_doc_pairs=pairs, rngs=rngs)
    else:
        model = DynamicBayesianNetwork(query_doc_pairs=pairs, rngs=rngs)
    shape = PAGES, PLACES
    batch = {
        "positions": jnp.broadcast_to(jnp.arange(1, PLACES + 1), shape),
        "query_doc_ids": jax.random.randint(jax.random.key(1), shape, 0, pairs),
        "mask": jnp.ones(shape, bool),
    }
    sample = nnx.jit(lambda model, rngs: model.sample(batch, rngs).clicks)
    return per_second(lambda: sample(model, rngs).block_until_ready())


def read(name: str, *, drawn_only: bool = False) -> float:
    """Pages per CPU-second of our searchers; with or without working promises out."""
    import numpy as np

    from sevensteps.cases.search.world import SearchWorld
    from sevensteps.cases.search.world.pages import ShopDay, behave
    from sevensteps.world import unit_streams

    world = SearchWorld("book", examination=name)  # type: ignore[arg-type]
    stage = ShopDay(world.rules, world.first_state(), 0)
    rng = np.random.default_rng(1)
    shape = PAGES, PLACES
    product = rng.integers(0, world.size.n_products, shape).astype(np.int32)
    need = rng.integers(0, len(world.rules.needs), PAGES).astype(np.int32)
    who = rng.integers(0, world.size.n_shoppers, PAGES).astype(np.int32)
    random_key = unit_streams(np.arange(PAGES), seed=1, future=1, day=1)

    device = stage.state.shoppers.device[who]
    known = stage.meet(need, who, random_key, product)

    def pages() -> object:
        match = known if drawn_only else stage.meet(need, who, random_key, product)
        return behave(world.examination, match, product, device, random_key, random_key)

    return per_second(pages)


def made(scale: str) -> float:
    """Products made per CPU-second, with their texts; needs and queries apart."""
    from sevensteps.cases.search.world import SearchWorld

    world = SearchWorld(scale)
    assert world.rules
    start = time.process_time()
    n = len(world.first_state().products)
    return n / (time.process_time() - start)


def life(scale: str, days: int) -> float:
    """Searches lived per CPU-second under the old search; first evening apart."""
    from sevensteps.cases.search.world import SearchWorld

    world = SearchWorld(scale)
    assert world.rules
    start = time.process_time()
    world.first_state()
    set_up = time.process_time() - start
    start = time.process_time()
    rows = world.history(days).searches.num_rows
    return rows / (time.process_time() - start - set_up)


OURS = {
    "products made": lambda: made("book"),
    "life, smoke": lambda: life("smoke", 14),
    "life, book": lambda: life("book", 7),
    "read, position": lambda: read("position"),
    "read, cascade": lambda: read("cascade"),
    "draw, position": lambda: read("position", drawn_only=True),
    "draw, cascade": lambda: read("cascade", drawn_only=True),
}
PEER = {
    "CLAX, position": lambda: clax("position"),
    "CLAX, cascade": lambda: clax("cascade"),
}


def measure(python: str, part: str) -> float:
    """One part, in a process of its own and on one thread."""
    quiet = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    quiet["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    done = subprocess.run(
        [python, __file__, "--part", part],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{part} failed under {python}:\n{done.stderr}")
    return float(done.stdout.splitlines()[-1])


def compare(peer: str | None, rounds: int) -> None:
    """Measure all parts in turn; print how many per CPU-second, and ratios."""
    parts = [*OURS, *(PEER if peer else ())]
    rates: dict[str, list[float]] = {part: [] for part in parts}
    print("per CPU-second: products; searches lived; pages read")
    print("round" + "".join(f"{part:>16}" for part in parts))
    for number in range(1, rounds + 1):
        for part in parts:
            python = peer if peer and part in PEER else sys.executable
            rates[part].append(measure(python, part))
        told = "".join(f"{rates[part][-1]:>16,.0f}" for part in parts)
        print(f"{number:>5}{told}", flush=True)
    for model in ("position", "cascade") if peer else ():
        both = rates[f"draw, {model}"], rates[f"CLAX, {model}"]
        ratios = [a / b for a, b in zip(*both, strict=True)]
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        print(f"ours / CLAX, {model}: median {middle:.2g} ({low:.2g} to {high:.2g})")


def main() -> None:
    """Read the arguments; compare, or measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clax", help="a Python that has it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=[*OURS, *PEER])
    args = parser.parse_args()
    if args.part:
        print({**OURS, **PEER}[args.part]())
        return
    compare(args.clax, args.rounds)


if __name__ == "__main__":
    main()
