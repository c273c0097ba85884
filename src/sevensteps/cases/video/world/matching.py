"""What a video is to a user: how well it fits, what it gives, what it promises."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .catalogue import Space, Videos
from .people import Users
from .records import Floats, Ids, VideoIncident
from .schema import DAY

PULL, WORTH = np.float32(2.5), np.float32(2.5)  # of promise and value, by match
FOREIGN = 0.8  # taken off the match of a video in another language
FRESH = 0.4  # of a video without age, to any user; half as much after a half-life
EVENT = 0.6  # added to the match of the topic of an event
VIRAL = 4.0  # added to the promise of a viral video


@dataclass(frozen=True, slots=True)
class VideoMatch:
    """What some videos are to some users; arrays of one shape."""

    match: Floats  # fit of the content to the user's best interest
    value: Floats  # what watching gives; below zero it disappoints
    promise: Floats  # what title and picture make one expect


@dataclass(frozen=True, slots=True)
class VideoDay:
    """Users and videos on one day, and what is going on."""

    space: Space
    users: Users
    videos: Videos
    day: int
    incidents: tuple[VideoIncident, ...] = ()

    def meet(self, user: Ids, video: Ids) -> VideoMatch:
        """(n,) users, each beside its (n, k) videos."""
        taste = self.users.interests(user, self.day)
        vector = self.videos.vector[video].astype(np.float32)
        fit = vector @ taste.transpose(0, 2, 1) - self.users.handicap[user][:, None]
        return self.judged(fit.max(axis=2), user[:, None], video)

    def judged(
        self, fit: Floats, user: NDArray[np.integer], video: NDArray[np.integer]
    ) -> VideoMatch:
        """What follows from a fit of contents; `user` broadcasts against `video`."""
        videos = self.videos
        foreign = self.users.language[user] != videos.language[video]
        match = fit - FOREIGN * foreign + self._wanted(video)
        fresh = self._freshness(video)
        bait = videos.bait[video].astype(np.float32)
        pull = videos.thumbnail[video].astype(np.float32)
        gullible = self.users.gullible[user]
        promise = PULL * match + 0.6 * pull + 1.6 * bait * gullible + fresh - 0.3
        quality = videos.quality[video].astype(np.float32)
        return VideoMatch(
            match=match,
            value=WORTH * match + 0.45 * quality - 1.4 * bait + fresh - 0.2,
            promise=promise + self._talked_about(video),
        )

    def _freshness(self, video: NDArray[np.integer]) -> Floats:
        age = self.day - self.videos.uploaded_at[video] / np.float32(DAY)
        half = self.space.half_life[self.videos.topic[video]]
        return np.asarray(FRESH * np.exp2(-age.clip(0) / half), np.float32)

    def _wanted(self, video: NDArray[np.integer]) -> Floats:
        bonus = np.zeros(video.shape, np.float32)
        for event in self._on("event"):
            bonus += EVENT * event.size * (self.videos.topic[video] == event.topic)
        return bonus

    def _talked_about(self, video: NDArray[np.integer]) -> Floats:
        bonus = np.zeros(video.shape, np.float32)
        for viral in self._on("viral"):
            bonus += VIRAL * viral.size * (video == viral_video(self.videos, viral))
        return bonus

    def _on(self, kind: str) -> list[VideoIncident]:
        return [i for i in self.incidents if i.kind == kind and i.on(self.day)]


def viral_video(videos: Videos, incident: VideoIncident) -> int:
    """The first video uploaded on an incident's first day."""
    new = np.flatnonzero(videos.uploaded_at >= incident.start_day * DAY)
    return int(new[0]) if len(new) else -1
