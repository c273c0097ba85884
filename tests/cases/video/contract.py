"""What the contract tests run the recommender on."""

import numpy as np
import pandas as pd

from sevensteps.cases.video import world
from sevensteps.cases.video.data.log import SCHEMA as SCHEMA

make = world.VideoWorld
SIZE = world.Size(400, 2_000, 100, days=4, uploads=0.02, beginners=0.02)
OTHER = {"seed": 5}
#: Of the world's tables, by generator 1: whoever means to change them raises it.
ROWS = {
    "history users": "0ec0d802a4afc38e",
    "history creators": "b97cf0a17d2b956e",
    "history videos": "638fa1e24ef14c5e",
    "history impressions": "e09a060189a27ba3",
    "truth": "cd158575a82f34bc",
    "live": "a04e348ba20522ce",
    "live truth": "d65ff716badf7216",
    "arms": "124bf88d50a8313a",
}
DEMO_WORLD = world.VideoWorld(world.Size(1_500, 3_000, 200, 14), seed=7)


def fixed(requests, view):
    """Ten videos, new or old by the user's number."""
    first = view.videos.num_rows - (requests.user_id % 90 + 1) * world.SLATE
    return world.Slates.fixed((first[:, None] + np.arange(world.SLATE)).astype("i4"))


def simulation():
    """Three thousand people, and ten days of today's policy."""
    from sevensteps.cases.video import experiments as video
    from sevensteps.cases.video.experiments.drill import numbers_of_log
    from sevensteps.simulate import IncidentDrill, Monitors

    size = world.Size(3_000, 4_000, 300, 10)
    made = video.VideoSimulation.after(world.VideoWorld(size, seed=4))

    def same_page(policy, day):
        page = np.arange(world.SLATE, dtype=np.int32)[None]
        return lambda asked, view: world.Slates.fixed(page.repeat(len(asked), axis=0))

    monitors = Monitors(
        reads={"shown": ("shown top 10", "creators"), "clicks": ("clicks",)},
        observe=lambda policy, outcome: outcome,
        daily_numbers=lambda outcome, usual: numbers_of_log(outcome),
    )
    faults = {"nothing": lambda policy, day: policy, "same page": same_page}
    days = {"baseline_days": 10, "incident_days": 2}
    told = made, world.Incumbent(4), faults, monitors
    return {
        "simulation": made,
        "today": world.Incumbent(4),
        "rival": world.Oracle(),
        "log": "impressions",
        "drill": IncidentDrill(*told, harm="satisfaction", **days),
        "loud": ("same page", "shown"),
    }


def tables():
    """A small folder for `--data`."""
    n = 200
    impressions = {
        "user_id": [f"u{i % 9}" for i in range(n)],
        "video_id": [f"v{i % 20}" for i in range(n)],
        "at": pd.date_range("2026-01-07", periods=n, freq="h"),
        "clicked": [int(i % 3 > 0) for i in range(n)],
    }
    videos = {"video_id": [f"v{i}" for i in range(20)], "topic": ["cats", "dogs"] * 10}
    return {"impressions": pd.DataFrame(impressions), "videos": pd.DataFrame(videos)}
