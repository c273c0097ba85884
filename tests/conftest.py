"""What tests of several layers share: judged features, in two layouts."""

import numpy as np
import pytest

CONF = """# as LightGBM's own example has it
task = train
objective = lambdarank
metric = ndcg
ndcg_eval_at = 1,3,5   # places
data = rank.train
valid_data = rank.test
num_trees = 30
learning_rate = 0.1
num_leaves = 7
bagging_freq = 1
bagging_fraction = 0.9
min_data_in_leaf = 20
output_model = LightGBM_model.txt
"""


def judged_rows(seed, n_queries):
    """Features (many of them zero), grades that follow from two, sizes of queries."""
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 25, n_queries)
    n = size.sum()
    x = np.round(rng.gamma(1, 1, (n, 8)) * (rng.random((n, 8)) < 0.7), 4)
    query = np.repeat(rng.normal(0, 1, n_queries), size)
    x[:, 7] = np.abs(np.round(query, 4))  # the same for all of a query: no help
    told = 1.2 * x[:, 1] * (x[:, 3] > 0.5) + 0.5 * x[:, 2] + query
    grade = np.clip(np.round(told + rng.normal(0, 0.7, n)), 0, 4).astype(int)
    return x, grade, size


def lines(x, grade, size, qid=True, first=1):
    """The rows as text; a pair for what is not zero."""
    query = np.repeat(np.arange(len(size)) + 10, size)
    for row, g, q in zip(x, grade, query, strict=True):
        pairs = [f"{i + first}:{v:g}" for i, v in enumerate(row) if v]
        yield " ".join([str(g), *([f"qid:{q}"] if qid else []), *pairs])


@pytest.fixture(scope="session")
def judged_features(tmp_path_factory):
    """A folder with the same rows twice: `letor/`, and `lightgbm/` with settings."""
    root = tmp_path_factory.mktemp("judged")
    for name, seed, n in (("train", 1, 90), ("vali", 2, 30), ("test", 3, 60)):
        made = judged_rows(seed, n)
        letor, native = (
            root / "letor" / f"{name}.txt",
            root / "lightgbm" / f"rank.{name}",
        )
        for path, qid in ((letor, True), (native, False)):
            path.parent.mkdir(exist_ok=True)
            text = "\n".join(lines(*made, qid=qid))
            path.write_text(text + "\n", encoding="utf-8")
        sizes = "".join(f"{size}\n" for size in made[2])
        native.with_name(f"{native.name}.query").write_text(sizes, encoding="utf-8")
    (root / "lightgbm" / "train.conf").write_text(CONF, encoding="utf-8")
    return root
