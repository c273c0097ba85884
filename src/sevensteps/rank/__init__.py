"""What search, video, feed and similar listings share: from candidates to a page.

Training is in `rank.training`, `rank.tower_training` and `rank.kernels`, which alone
need JAX: a service that answers does not load it.
"""

from .feature_table import FeatureTable
from .mlp import begin_layers, mlp, unit
from .standardizer import Standardizer
from .towers import Choices, TowerPlan, begin_towers, item_vectors, user_vectors
from .training_pairs import Judged
