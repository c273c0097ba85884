"""Users and videos are as the data card says; the contract's checksums do the rest."""

import numpy as np
import pytest

from sevensteps.cases.video.world.catalogue import Creators, Space, videos_by
from sevensteps.cases.video.world.people import DRIFT_DAYS, draw_users
from sevensteps.world import stream

SPACE = Space.of(7)


def test_users_and_videos_are_as_the_data_card_says():
    people = draw_users(SPACE, np.zeros(60_000, np.int32), stream(1))
    rng, start = stream(2), np.zeros(60_000, np.int32)
    creators = Creators.drawn(SPACE, start[:2_000], rng)
    owner = rng.integers(2_000, size=60_000).astype(np.int32)
    videos = videos_by(SPACE, creators, owner, start, rng)
    skill = creators.skill[videos.creator]
    seen = videos.content.astype(np.float32) @ SPACE.encoder.T
    blur = (seen * videos.vector.astype(np.float32)).sum(axis=1)
    turn = (videos.content.astype(np.float32) * videos.vector).sum(axis=1)
    length = videos.length_s

    def of_quality(seen):
        return np.corrcoef(videos.quality.astype(float), seen.astype(float))[0, 1]

    gone = 1 - np.exp(-31 / DRIFT_DAYS)
    wrong = 0.1 * (1 - (SPACE.share**2).sum())
    card = {
        "interests gone in 30 days": ((people.drifts_on <= 30).mean(), gone, 0.004),
        "wrong tags": ((videos.tag != videos.topic).mean(), wrong, 0.006),
        "what the encoder blurs": (blur.mean(), (1 + 16 * 0.15**2) ** -0.5, 0.02),
        "what it turns": (turn.mean(), 0, 0.3),
        "quality by skill": (of_quality(skill), 0.6, 0.02),
        "quality by bait": (of_quality(videos.bait), 0, 0.02),
        "quality by picture": (of_quality(videos.thumbnail), 0, 0.02),
        "quality by length": (of_quality(length), 0, 0.02),
        "median length": (np.median(length), 60 * np.exp(1.3), 4),
        "spread of lengths": (np.log(length).std(), 0.9, 0.02),
    }
    for what, (found, told, spread) in card.items():
        assert found == pytest.approx(told, abs=spread), what
