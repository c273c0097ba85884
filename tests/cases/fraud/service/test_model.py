"""The model server: scores like the trained model, and refuses anything odd."""

import json

import lightgbm
import numpy as np
import onnx
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sevensteps.cases.fraud.service import ModelServer, Pricing, export_model
from sevensteps.cases.fraud.thresholds import Thresholds
from sevensteps.cases.fraud.world import Costs
from sevensteps.serve import ModelError

POLICY = Thresholds(0.02, 0.1, 0.5)
NAMES = ["amount", "n_24h", "distance", "category", "ip_risk"]


def rows_and_labels(seed: int = 0, n: int = 6_000):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, len(NAMES))).astype(np.float32)
    rows[:, 3] = rng.integers(0, 12, n)
    rows[rng.random(rows.shape) < 0.15] = np.nan
    risk = np.nan_to_num(rows[:, 0]) + 2 * np.isnan(rows[:, 4]) + rng.normal(size=n)
    return rows, risk > 1.5


def trees(rows, labels, **extra):
    fitted = lightgbm.LGBMClassifier(n_estimators=40, verbose=-1, n_jobs=1, **extra)
    return fitted.fit(rows, labels)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    rows, labels = rows_and_labels()
    folder = tmp_path_factory.mktemp("model")
    model = trees(rows, labels)
    export_model(
        model, NAMES, folder, policy=POLICY, check=rows[:500], created_from={"seed": 0}
    )
    return folder, model, rows


def test_scores_equal_lightgbms(exported):
    folder, model, rows = exported
    server = ModelServer(folder)
    np.testing.assert_allclose(
        server.score(rows), model.predict_proba(rows)[:, 1], atol=1e-5
    )
    assert server.manifest.created_from == {"seed": 0}


def test_values_missing_only_in_production_score_alike(tmp_path):
    rows, labels = rows_and_labels()
    whole = np.nan_to_num(rows)
    model = trees(whole, labels)
    export_model(model, NAMES, tmp_path, policy=POLICY, check=whole)
    np.testing.assert_allclose(
        ModelServer(tmp_path).score(rows), model.predict_proba(rows)[:, 1], atol=1e-5
    )


def test_neighbouring_floats_stay_on_their_side_of_a_threshold(tmp_path):
    values = np.float32(1000) + np.arange(8, dtype=np.float32) * np.float32(2**-14)
    rows = np.repeat(values, 200)[:, None]
    labels = np.arange(8).repeat(200) % 3 == 0
    model = trees(rows, labels, min_child_samples=5)
    export_model(model, ["amount"], tmp_path, policy=POLICY, check=rows)
    np.testing.assert_allclose(
        ModelServer(tmp_path).score(rows), model.predict_proba(rows)[:, 1], atol=1e-5
    )


def test_a_linear_pipeline_can_be_served(tmp_path):
    rows, labels = rows_and_labels()
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(
        rows, labels
    )
    export_model(model, NAMES, tmp_path, policy=POLICY, check=rows)
    np.testing.assert_allclose(
        ModelServer(tmp_path).score(rows), model.predict_proba(rows)[:, 1], atol=1e-5
    )


def test_prior_correction_restores_the_odds(tmp_path):
    rows, labels = rows_and_labels()
    model = trees(rows, labels)
    export_model(model, NAMES, tmp_path, policy=POLICY, check=rows, negatives_kept=0.02)
    p = model.predict_proba(rows)[:, 1]
    served = ModelServer(tmp_path).score(rows)
    np.testing.assert_allclose(
        served / (1 - served), 0.02 * p / (1 - p), rtol=2e-3, atol=1e-7
    )


def test_a_model_may_use_some_of_the_features_in_its_own_order(tmp_path):
    rows, labels = rows_and_labels()
    model = trees(rows[:, [4, 0]], labels)
    export_model(
        model, ["ip_risk", "amount"], tmp_path, policy=POLICY, check=rows[:, [4, 0]]
    )
    np.testing.assert_allclose(
        ModelServer(tmp_path, NAMES).score(rows),
        model.predict_proba(rows[:, [4, 0]])[:, 1],
        atol=1e-5,
    )
    with pytest.raises(ModelError, match="ip_risk"):
        ModelServer(tmp_path, ["amount"])


@pytest.mark.parametrize("damage", ["truncate", "flip", "delete", "empty"])
def test_a_corrupt_model_is_refused_with_the_reason(exported, tmp_path, damage):
    folder, _, _ = exported
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = next(tmp_path.glob("model-*.onnx"))
    whole = path.read_bytes()
    broken = {"truncate": whole[:-100], "flip": b"\0" + whole[1:], "empty": b""}
    path.unlink() if damage == "delete" else path.write_bytes(broken[damage])
    with pytest.raises(ModelError, match=r"(?s)model-\w+\.onnx.*Export it again"):
        ModelServer(tmp_path)


def test_an_altered_model_is_refused_even_if_it_loads(exported, tmp_path):
    folder, _, _ = exported
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = next(tmp_path.glob("model-*.onnx"))
    graph = onnx.load(path)
    graph.doc_string = "someone was here"
    onnx.save(graph, path)
    with pytest.raises(ModelError, match="corrupt"):
        ModelServer(tmp_path)


def test_other_scores_than_at_export_are_refused(exported, tmp_path):
    folder, _, _ = exported
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["probe_scores"][0] += 0.01
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="scores its probes"):
        ModelServer(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"features": 3}'])
def test_a_broken_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match="manifest"):
        ModelServer(tmp_path)


def test_a_missing_model_says_how_to_make_one(tmp_path):
    with pytest.raises(ModelError, match="export_model"):
        ModelServer(tmp_path)


def test_a_model_that_would_score_differently_is_not_exported(tmp_path):
    rows, labels = rows_and_labels()
    model = trees(rows.astype(np.float64) + 1e9, labels)
    with pytest.raises(ModelError, match="row"):
        export_model(_Shifted(model), NAMES, tmp_path, policy=POLICY, check=rows)
    assert not (tmp_path / "manifest.json").exists()


class _Shifted:
    """A model whose own answers differ from its trees'."""

    def __init__(self, model):
        self.booster_ = model.booster_

    def predict_proba(self, rows):
        return np.full((len(rows), 2), 0.123)


@pytest.mark.parametrize(
    "policy",
    [Thresholds(0.1, 0.2, float("inf")), Pricing(Costs(review_cost=7), review_price=3)],
)
def test_a_policy_survives_the_file(tmp_path, policy):
    rows, labels = rows_and_labels()
    export_model(trees(rows, labels), NAMES, tmp_path, check=rows, policy=policy)
    assert ModelServer(tmp_path).manifest.policy == policy
