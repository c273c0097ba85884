"""What search, video, feed and similar listings share: from candidates to a page.

Training is in `rank.training` and `rank.tower_training`, which alone need JAX: a
service that answers does not load it.
"""

from .feature_table import FeatureTable
from .towers import TowerPlan

__all__ = ["FeatureTable", "TowerPlan"]
