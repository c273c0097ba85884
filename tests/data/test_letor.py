"""Features of a reader's own: judged as LightGBM judges, and told what flatters."""

import io

import numpy as np
import pytest
from rich.console import Console

from sevensteps.data.letor import LISTWISE, run_offline

METRICS = ("NDCG@1", "NDCG@10", "MAP", "MRR")


def drawn(seed, n_queries=30, per=10, coarse=False):
    """Judged rows (grade, query, features) of which the second says the most."""
    rng = np.random.default_rng(seed)
    rows = []
    for query in range(100 * seed, 100 * seed + n_queries):
        grade = np.r_[1, 0, rng.integers(0, 5, per - 2)]
        x = rng.random((per, 3)) + np.outer(grade, [0, 0.3, 0.1])
        x = np.round(x) if coarse else x
        rows += [(int(g), query, *v) for g, v in zip(grade, x, strict=True)]
    return rows


def folder(path, train, test, names=("train.txt", "test.txt")):
    for name, rows in zip(names, (train, test), strict=True):
        line = "{} qid:{} 1:{:.6f} 2:{:.6f} 3:{:.6f} # doc\n"
        (path / name).write_text("".join(line.format(*row) for row in rows))
    return path


def said(report):
    return " ".join(report.notes)


def test_a_ranker_is_trained_and_judged_as_lightgbm_judges(tmp_path):
    report = run_offline(folder(tmp_path, drawn(1), drawn(2)))
    by_lightgbm, ours = list(report.results.values())[-2:]
    assert by_lightgbm == ours
    assert float(report.findings[-1].split()[-1]) < 1e-15
    assert "best single feature (2)" in report.results
    assert 0.8 < report.results[LISTWISE]["NDCG@10"].estimate < 1
    assert "training quer" not in said(report)
    console = Console(record=True, width=80, file=io.StringIO())
    console.print(report)
    assert "LightGBM" in console.export_text()


def test_equal_scores_count_alike_in_any_order_of_the_rows(tmp_path):
    """LightGBM's own numbers move with the file; those of the table do not."""
    test, found, peer = drawn(2, coarse=True), [], []
    for order in (0, 1, -1):
        path = tmp_path / f"{order}"
        path.mkdir()
        rows = sorted(test, key=lambda row: (row[1], order * row[0]))
        report = run_offline(folder(path, drawn(1, coarse=True), rows))
        *ways, by_lightgbm, ours = report.results.values()
        found.append([str(way[m]) for way in ways for m in METRICS])
        peer.append(by_lightgbm["NDCG@1"])
        assert by_lightgbm == ours
        assert "average over all orders" in said(report)
    assert found[0] == found[1] == found[2]
    assert len({*peer}) == 3


def test_test_queries_that_were_trained_on_are_told(tmp_path):
    train, test = drawn(1), drawn(2)
    half = [*train[:150], *test[150:]]
    half = [half[at] for at in np.random.default_rng(0).permutation(len(half))]
    renamed = [(grade, query + 900, *x) for grade, query, *x in train]
    same = [(grade, query - 100, *x) for grade, query, *x in test]
    halved, again, told = (
        said(run_offline(folder(tmp_path, train, tested)))
        for tested in (half, renamed, same)
    )
    assert "15 of 30 test queries are training queries, line by line" in halved
    assert "30 of 30 test queries are training queries" in again
    assert "have the qid" not in again
    assert "30 of 30 test queries have the qid of a training query" in told


def test_the_highest_grades_are_ranked_right(tmp_path):
    rows = [(30 * (grade == 4), *rest) for grade, *rest in drawn(1)]
    report = run_offline(folder(tmp_path, rows, [*rows[:-10], *drawn(2)[:10]]))
    assert float(report.findings[-1].split()[-1]) < 1e-15
    assert report.results[LISTWISE]["MAP"].estimate > 0.5


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("1 qid:1 1:0.5\n0 qid:1 1:x\n", r"train.txt, line 2: could not convert"),
        ("1 qid:1 2:0.5 1:1\n", r"train.txt, line 1: Feature indices"),
        ("1 1:0.5\n0 1:0.25\n", r"train.txt: each line needs a qid"),
        ("-1 qid:1 1:1\n0 qid:1 1:2\n", "row 1: the grade is -1"),
        ("0.5 qid:1 1:1\n0 qid:1 1:2\n", "row 1: the grade is 0.5"),
        ("0 qid:1 1:1\n31 qid:1 1:2\n", "train.txt, row 2: the grade is 31; grades"),
        ("1 qid:1 1:1\n0 qid:1 1:2\n", "give two queries or more"),
        ("1 qid:1 1:1\n1 qid:1 1:2\n1 qid:2 1:3\n", "of different grades"),
    ],
)
def test_a_faulty_part_is_told_by_file_and_line(tmp_path, lines, told):
    folder(tmp_path, drawn(1), drawn(2))
    (tmp_path / "train.txt").write_text(lines)
    with pytest.raises(ValueError, match=told):
        run_offline(tmp_path)


def test_parts_are_found_by_a_word_of_their_names(tmp_path):
    folder(tmp_path, drawn(1), drawn(2), ("rank.train", "rank.test"))
    assert "rank.train" in run_offline(tmp_path).summary
    (tmp_path / "test.txt").write_text("")
    with pytest.raises(FileNotFoundError, match=r"one test part.*rank.test, test.txt"):
        run_offline(tmp_path)
    with pytest.raises(FileNotFoundError, match="it has nothing"):
        run_offline(tmp_path / "elsewhere")
