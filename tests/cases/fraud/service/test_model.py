"""The model server: scores like the trained model, and refuses anything odd."""

import json
import shutil

import lightgbm
import numpy as np
import pytest

from sevensteps.cases.fraud.service import ModelServer, Pricing, export_model
from sevensteps.cases.fraud.service.model import FOLDER
from sevensteps.cases.fraud.world import Costs
from sevensteps.serve import ModelError
from sevensteps.world.storage import write_manifest

NAMES = ["amount", "n_24h", "distance", "category", "ip_risk"]


def rows_and_labels(seed=0, n=6_000):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, len(NAMES))).astype(np.float32)
    rows[:, 3] = rng.integers(0, 12, n)
    rows[rng.random(rows.shape) < 0.15] = np.nan
    risk = np.nan_to_num(rows[:, 0]) + 2 * np.isnan(rows[:, 4]) + rng.normal(size=n)
    return rows, risk > 1.5


def trees(rows, labels, **extra):
    fitted = lightgbm.LGBMClassifier(n_estimators=40, verbose=-1, n_jobs=1, **extra)
    return fitted.fit(rows, labels)


def served(model, folder, rows, names=NAMES, **options):
    """The server of a model that was exported."""
    options = {"policy": Pricing(), "check": rows} | options
    export_model(model, names, folder / "m", **options)
    return ModelServer(folder / "m", NAMES)


def assert_alike(server, rows, model, own):
    wanted = model.predict_proba(own)[:, 1]
    np.testing.assert_allclose(server.score(rows), wanted, atol=1e-5)


@pytest.mark.parametrize("gaps", ["always", "only in production"])
def test_scores_equal_the_models(tmp_path, gaps):
    rows, labels = rows_and_labels()
    known = rows if gaps == "always" else np.nan_to_num(rows)
    model = trees(known, labels)
    assert_alike(served(model, tmp_path, known[:500]), rows, model, rows)


def test_neighbouring_floats_stay_on_their_side_of_a_threshold(tmp_path):
    values = np.float32(1000) + np.arange(8, dtype=np.float32) * np.float32(2**-14)
    rows = np.repeat(values, 200)[:, None]
    model = trees(rows, np.arange(8).repeat(200) % 3 == 0, min_child_samples=5)
    assert_alike(served(model, tmp_path, rows, ["amount"]), rows, model, rows)


def test_a_model_may_use_some_of_the_features_in_its_own_order(tmp_path):
    rows, labels = rows_and_labels()
    own = rows[:, [4, 0]]
    model = trees(own, labels)
    assert_alike(served(model, tmp_path, own, ["ip_risk", "amount"]), rows, model, own)
    with pytest.raises(ModelError, match="ip_risk"):
        ModelServer(tmp_path / "m", ["amount"])


def test_prior_correction_restores_the_odds(tmp_path):
    rows, labels = rows_and_labels()
    model = trees(rows, labels)
    corrected = served(model, tmp_path, rows, negatives_kept=0.02).score(rows)
    p = model.predict_proba(rows)[:, 1]
    np.testing.assert_allclose(
        corrected / (1 - corrected), 0.02 * p / (1 - p), rtol=2e-3, atol=1e-7
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    (rows, labels), folder = rows_and_labels(), tmp_path_factory.mktemp("model")
    policy = Pricing(Costs(review_cost=7), review_price=3)
    served(trees(rows, labels), folder, rows[:500], policy=policy)
    return folder / "m"


@pytest.fixture
def copy(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "m")


def test_a_policy_survives_the_file(exported):
    policy = ModelServer(exported, NAMES).policy
    assert policy == Pricing(Costs(review_cost=7), review_price=3)


@pytest.mark.parametrize("left", [None, 0, -100])
def test_a_corrupt_model_is_refused_with_the_reason(copy, left):
    path = copy / "model.onnx"
    whole = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(whole[:left])
    with pytest.raises(ModelError, match=r"model\.onnx.*Export it again"):
        ModelServer(copy, NAMES)


@pytest.mark.parametrize("change", ["scores", "unknown costs", "no policy", "rubbish"])
def test_a_manifest_that_is_not_the_models_is_refused(copy, change):
    facts = json.loads((copy / "manifest.json").read_text())["content"]
    if change == "scores":  # as another runtime may compute them
        other = np.load(copy / "scores.npy") + 0.01
        np.save(copy / "scores.npy", other)
    if change == "unknown costs":
        facts["costs"]["coffee"] = 3
    if change == "no policy":
        del facts["costs"]
    (copy / "manifest.json").unlink()
    write_manifest(copy, FOLDER, facts)
    if change == "rubbish":
        (copy / "manifest.json").write_text("{")
    with pytest.raises(ModelError, match=r"(?i)export"):
        ModelServer(copy, NAMES)


def test_a_missing_model_says_how_to_make_one(tmp_path):
    with pytest.raises(ModelError, match="export_model"):
        ModelServer(tmp_path, NAMES)


def test_a_model_that_would_score_differently_is_not_exported(tmp_path):
    rows, labels = rows_and_labels()
    model = trees(rows, labels)
    model.predict_proba = lambda rows: np.full((len(rows), 2), 0.123)
    with pytest.raises(ModelError, match="row"):
        served(model, tmp_path, rows)
    assert not list(tmp_path.iterdir())


def test_an_impossible_export_is_refused(tmp_path):
    rows, labels = rows_and_labels(n=200)
    model = trees(rows, labels)
    with pytest.raises(ValueError, match="negatives_kept"):
        served(model, tmp_path, rows, negatives_kept=0)
    with pytest.raises(ValueError, match=r"check.*\(n, 1"):
        served(model, tmp_path, rows, ["amount"])
