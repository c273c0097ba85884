"""Training of the towers on this company's clicks."""

from sevensteps.rank import Choices, TowerPlan, begin_towers
from sevensteps.rank.tower_training import train_towers
from sevensteps.rank.towers import Side

from .inputs import Towers, item_side
from .items import Floats, Ids, Items


def train(plan: TowerPlan, items: Items, clicks: Choices) -> tuple[Towers, list[float]]:
    """Towers, and the mean loss of each epoch.

    Raises a ValueError if there are fewer clicks than a batch needs.
    """
    tables = {
        "language": (int(items.language.max()) + 1, 4),
        "topic": (int(items.topic.max()) + 1, 8),
        "creator": (plan.buckets, 8),
    }

    def side(rows: Ids, day: Floats) -> Side:
        return item_side(items, rows, day, plan.buckets)

    width = items.content.shape[1]
    weights = begin_towers(plan, width, 2, tables, tuple(tables), ("language",))
    weights, losses = train_towers(plan, weights, clicks, side, len(items))
    return Towers(plan, weights), losses
