"""The trial finds what is there, claims nothing where nothing is, and never crashes."""

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.judgements import read_collection, trial
from sevensteps.cases.judgements.arena import retrieve_arena
from sevensteps.cases.judgements.contest import BM25, MIX, OURS, TUNED
from sevensteps.cases.judgements.learning import LEARNED
from sevensteps.cases.judgements.meaning import Meaning
from sevensteps.cases.judgements.splitting import alike, splits
from sevensteps.cases.judgements.texts import texts_of
from sevensteps.cases.judgements.trial import _drawn

WORDS = np.array(
    [a + b for a in "bdfgklmnprst" for b in ("ab", "el", "ino", "ur", "ovi", "isk")]
)


def world(folder, *, seed, n_queries=60, noise=False):
    """Documents of made-up words; a title hit is worth 2, a stale text nothing.

    What BM25 cannot know: documents whose text ends in "archived" are never wanted.
    """
    rng = np.random.default_rng(seed)
    n = 300
    title, body = rng.choice(WORDS, (n, 3)), rng.choice(WORDS, (n, 6))
    old = rng.random(n) < 0.4
    documents = pd.DataFrame(
        {
            "document_id": np.arange(n),
            "title": [" ".join(w) for w in title],
            "description": [
                " ".join(w) + (" archived stock remains" * 4 if o else "")
                for w, o in zip(body, old, strict=True)
            ],
        }
    )
    asked = rng.choice(WORDS, (n_queries, 2))
    rows = []
    for q, words in enumerate(asked):
        hits = np.isin(title, words).sum(axis=1)
        weak = np.isin(body, words).sum(axis=1) > 0
        grade = np.where(old, 0, np.minimum(hits * 2 + weak, 3))
        seen = np.flatnonzero((hits > 0) | weak)
        rows += [(q, d, rng.integers(4) if noise else grade[d]) for d in seen]
    judgements = pd.DataFrame(rows, columns=["query_id", "document_id", "grade"])
    queries = pd.DataFrame(
        {"query_id": np.arange(n_queries), "query": [" ".join(w) for w in asked]}
    )
    documents.to_csv(folder / "documents.csv", index=False)
    queries.to_csv(folder / "queries.csv", index=False)
    judgements.to_csv(folder / "judgements.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """A world with something to learn, and the steps that were told."""
    folder, steps = world(tmp_path_factory.mktemp("real"), seed=3), []
    data, _ = read_collection(folder)
    return trial(data, lambda done, total: steps.append((done, total))), steps


def test_what_bm25_cannot_know_is_learned(tried):
    result, _ = tried
    assert {o.protocol for o in result.outcomes} == {"retrieve", "re-rank"}
    for outcome in result.outcomes:
        assert outcome.lead(OURS).low > 0.02
        assert set(outcome.chosen) <= {"blend", "LambdaMART", "linear"}
        assert outcome.verdict().startswith("ahead of BM25, tuned by")


def test_every_query_is_tried_once_and_what_is_missed_counts(tried):
    for outcome in tried[0].outcomes:
        assert outcome.n_queries == 60
        assert len(outcome.settings) == 5
        assert all(0 <= v.estimate <= 1 for v in outcome.ndcg.values())
    retrieve = next(o for o in tried[0].outcomes if o.protocol == "retrieve")
    assert 0.5 < retrieve.ceiling <= 1
    for way in retrieve.recall:
        assert retrieve.recall[way].estimate <= retrieve.ceiling + 1e-9


def test_progress_rises_to_its_total(tried):
    done, total = zip(*tried[1], strict=True)
    assert list(done) == sorted(done)
    assert done[-1] == total[-1]


def test_the_same_again(tmp_path):
    data, _ = read_collection(world(tmp_path, seed=4, n_queries=30))
    first, second = (trial(data).outcomes[0].ndcg[OURS] for _ in range(2))
    assert (first.estimate, first.low) == (second.estimate, second.low)


def test_grades_at_random_give_no_lead(tmp_path):
    """Neither to ours nor, by a leak from test to training, to what learns."""
    claims, simple, splits = 0, 0, 0
    for seed in (1, 2):
        where = tmp_path / str(seed)
        where.mkdir()
        data, _ = read_collection(world(where, seed=seed, n_queries=30, noise=True))
        outcome = next(o for o in trial(data).outcomes if o.protocol == "re-rank")
        claims += outcome.lead(OURS).low > 0
        simple += outcome.chosen[TUNED] + outcome.chosen[MIX]
        splits += len(outcome.settings)
        for way in LEARNED:
            assert outcome.lead(way).estimate < 0.1
    assert claims == 0
    assert simple >= splits / 2


def test_few_queries_fall_back_to_what_is_simple(tmp_path):
    data, _ = read_collection(world(tmp_path, seed=5, n_queries=12))
    outcome = trial(data).outcomes[0]
    assert outcome.n_queries == 12
    assert set(outcome.chosen) <= {TUNED, MIX}
    assert "blend" not in outcome.ndcg


def test_queries_that_say_the_same_stay_together():
    asked = ["red sofa", "sofas red", "lamp", "lamps", "rug", "light bulb", "lightbulb"]
    group = alike(asked * 20)
    cut, _ = splits(group, np.full(len(group), -1, np.int8))
    for split in cut:
        assert not set(group[split.learn]) & set(group[split.test])
    assert sorted(np.concatenate([s.test for s in cut])) == list(range(len(group)))


def test_the_data_s_own_split_is_kept_without_its_twins():
    group = np.arange(60, dtype=np.int32)
    own = np.repeat([0, 1, 2], 20).astype(np.int8)
    group[0] = group[50]  # a training query that says what a test query says
    (split,), told = splits(group, own)
    assert list(split.test) == list(range(40, 60))
    assert list(split.learn) == list(range(1, 40))
    assert "1 left out" in told


def test_of_many_queries_those_of_the_test_are_kept():
    own = np.r_[np.zeros(900), np.full(100, 2)].astype(np.int8)
    kept = _drawn(own, 300, seed=0)
    assert len(kept) == 300
    assert (own[kept] == 2).sum() == 100
    nobody_says = _drawn(np.full(1_000, -1, np.int8), 300, seed=0)
    assert len(np.unique(nobody_says)) == 300


def test_only_relevant_judgements_allow_retrieval_alone(folders):
    data, _ = read_collection(folders["BEIR"])
    result = trial(data)
    assert [o.protocol for o in result.outcomes] == ["retrieve"]
    assert "hardly anything was judged not relevant" in result.why
    assert result.outcomes[0].split.startswith("the data's own split")
    assert not result.outcomes[0].condensed


def test_order_of_the_rows_and_of_documents_means_nothing(tmp_path):
    """Ties must not follow the file, which often lists good documents first."""
    data, _ = read_collection(world(tmp_path, seed=8, n_queries=24))
    folder = tmp_path / "sorted"
    folder.mkdir()
    rows = pd.read_csv(tmp_path / "judgements.csv").sort_values(
        "grade", ascending=False
    )
    documents = pd.read_csv(tmp_path / "documents.csv").assign(
        title="x y", description="z"
    )
    documents = documents.set_index("document_id").loc[rows["document_id"].unique()]
    documents.reset_index().to_csv(folder / "documents.csv", index=False)
    rows.to_csv(folder / "judgements.csv", index=False)
    pd.read_csv(tmp_path / "queries.csv").to_csv(folder / "queries.csv", index=False)
    blank, _ = read_collection(folder)
    outcome = next(o for o in trial(blank).outcomes if o.protocol == "re-rank")
    chance = outcome.ndcg[BM25].estimate
    assert abs(outcome.lead(OURS).estimate) < 0.1
    assert chance < 0.75
    assert data.n_queries == 24


def test_queries_that_hardly_differ_are_refused(tmp_path):
    world(tmp_path, seed=9, n_queries=20)
    queries = pd.read_csv(tmp_path / "queries.csv").assign(query="red lamp")
    queries.to_csv(tmp_path / "queries.csv", index=False)
    data, _ = read_collection(tmp_path)
    with pytest.raises(ValueError, match="of 20 queries 1 differ"):
        trial(data)


def test_a_query_that_is_a_document_is_not_found_for_itself(tmp_path):
    """As in ArguAna, where each query asks for the answer to a document."""
    world(tmp_path, seed=10, n_queries=30)
    documents = pd.read_csv(tmp_path / "documents.csv").astype({"document_id": str})
    queries = pd.read_csv(tmp_path / "queries.csv")
    twins = pd.DataFrame(
        {
            "document_id": queries["query_id"].map("q{}".format),
            "title": "",
            "description": queries["query"],
        }
    )
    pd.concat([documents, twins]).to_csv(tmp_path / "documents.csv", index=False)
    for name in ("queries", "judgements"):
        table = pd.read_csv(tmp_path / f"{name}.csv")
        table["query_id"] = table["query_id"].map("q{}".format)
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    read, notes = read_collection(tmp_path)
    assert any("30 queries are documents too" in note for note in notes)
    twin = read.itself
    assert list(read.document_id[twin]) == list(read.query_id)
    texts = texts_of(read)
    group = np.arange(30, dtype=np.int32)
    arena = retrieve_arena(read, np.arange(30), group, texts, Meaning.of(read))
    assert not (arena.item == twin[arena.row]).any()
