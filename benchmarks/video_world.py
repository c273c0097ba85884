"""How fast the video world is, beside RecSim and RecSim NG.

    python benchmarks/video_world.py --recsim PYTHON --recsim-ng PYTHON

An event is one video shown to one user; slates hold ten. Every part runs in a fresh
process on one thread, in turn; CPU-seconds are counted, set-up apart, and the figures
to quote are the ratios.

RecSim (Ie et al., 2019) is the best known simulator of this kind: videos, slates, a
budget of time. It plays one user at a time in Python, with 100 candidate videos that
are drawn anew for every page. Its batched successor RecSim NG (Mladenov et al., 2021)
is the fairer peer of a vectorised world; it plays a fixed corpus, of 100 videos and of
1,000 here, without newcomers, drift or memory of what was watched. Both are taken
unmodified; they need TensorFlow 2.15 and so Python 3.11, each in an interpreter of its
own:

    python3.11 -m venv RS && RS/bin/pip install recsim==0.2.4 tensorflow==2.15.1 \\
        dopamine-rl==4.0.9 "numpy<2" gym==0.25.2 "setuptools<81"
    python3.11 -m venv NG && NG/bin/pip install recsim-ng==0.1.2 tensorflow==2.15.1 \\
        tensorflow-probability==0.23.0 "numpy<2" scipy==1.10.1 gym==0.23.1
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import warnings

SLATE = 10
SECONDS = 20.0


def recsim() -> float:
    """Events per CPU-second of RecSim's interest evolution under its random agent."""
    from recsim.agents import random_agent
    from recsim.environments import interest_evolution

    config = {
        "num_candidates": 100,
        "slate_size": SLATE,
        "resample_documents": True,
        "seed": 0,
    }
    world = interest_evolution.create_environment(config)
    agent = random_agent.RandomAgent(world.action_space, random_seed=0)
    events, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        seen, done = world.reset(), False
        page = agent.begin_episode(seen)
        while not done:
            seen, reward, done, _ = world.step(page)
            events += len(page)
            page = agent.step(reward, seen)
    return events / (time.process_time() - start)


def recsim_ng(n_users: int, n_videos: int, n_pages: int) -> float:
    """Events per CPU-second of RecSim NG's interest evolution, whole trajectories."""
    import tensorflow as tf
    from recsim_ng.applications.recsys_partially_observable_rl import (
        corpus,
        metrics,
        recommender,
        user,
    )
    from recsim_ng.core import network
    from recsim_ng.lib.tensorflow import entity, runtime
    from recsim_ng.stories import recommendation_simulation

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    config = {
        "num_users": n_users,
        "num_topics": 2,
        "num_docs": n_videos,
        "slate_size": SLATE,
        "history_length": 15,
    }
    shelf = corpus.CorpusWithTopicAndQuality(config).initial_state()
    variables, _ = entity.story_with_trainable_variables(
        lambda: recommendation_simulation.recs_story(
            config,
            user.InterestEvolutionUser,
            lambda c: corpus.StaticCorpus(c, shelf),
            recommender.CollabFilteringRecommender,
            metrics.ConsumedTimeAsRewardMetrics,
        )
    )
    world = runtime.TFRuntime(
        network=network.Network(variables=list(variables)), graph_compile=True
    )
    world.trajectory(length=n_pages)["slate docs"].get("doc_id").numpy()  # traces
    events, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        lived = world.trajectory(length=n_pages)
        events += lived["slate docs"].get("doc_id").numpy().size
    return events / (time.process_time() - start)


def ours(scale: str, days: int) -> float:
    """Events per CPU-second of this package under the incumbent; people apart."""
    from sevensteps.cases.video.world import VideoWorld

    world = VideoWorld(scale, seed=7)
    start = time.process_time()
    world.first_state()
    set_up = time.process_time() - start
    start = time.process_time()
    rows = world.history(days).impressions.num_rows
    return rows / (time.process_time() - start - set_up)


PARTS = {
    "recsim": recsim,
    "ng-100": lambda: recsim_ng(1_000, 100, 100),
    "ng-1000": lambda: recsim_ng(5_000, 1_000, 20),
    "smoke": lambda: ours("smoke", 10),
    "book": lambda: ours("book", 10),
}


def measure(python: str, part: str) -> float:
    """One part, in a process of its own and on one thread."""
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    quiet |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [python, __file__, "--part", part],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{part} failed under {python}:\n{done.stderr}")
    return float(done.stdout.splitlines()[-1])


def compare(pythons: dict[str, str], rounds: int) -> None:
    """Measure all parts in turn; print events per CPU-second, and ratios."""
    rates: dict[str, list[float]] = {part: [] for part in PARTS}
    print("events per CPU-second")
    print("round" + "".join(f"{part:>12}" for part in PARTS))
    for number in range(1, rounds + 1):
        for part in PARTS:
            rates[part].append(measure(pythons.get(part, sys.executable), part))
        told = "".join(f"{rates[part][-1]:>12,.0f}" for part in PARTS)
        print(f"{number:>5}{told}", flush=True)
    for peer in ("recsim", "ng-100", "ng-1000"):
        ratios = [a / b for a, b in zip(rates["book"], rates[peer], strict=True)]
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        print(f"ours (book) / {peer}: median {middle:.2g} ({low:.2g} to {high:.2g})")


def main() -> None:
    """Read the arguments; compare, or measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recsim", default=sys.executable, help="its Python")
    parser.add_argument("--recsim-ng", default=sys.executable, help="its Python")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=PARTS)
    args = parser.parse_args()
    if args.part:
        warnings.simplefilter("ignore")
        print(PARTS[args.part]())
        return
    ng = {"ng-100": args.recsim_ng, "ng-1000": args.recsim_ng}
    compare({"recsim": args.recsim, **ng}, args.rounds)


if __name__ == "__main__":
    main()
