"""Judged features: read as scikit-learn reads them; a fault is told with its line."""

import gzip
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_svmlight_file

from sevensteps.features import svmlight
from sevensteps.features.letor import read_letor
from sevensteps.features.svmlight import read_lines


def same(a, b):
    """Whether two tables hold the same numbers."""
    return a.shape == b.shape and (a != b).nnz == 0


@pytest.mark.parametrize("at_once", [1, 100, 5_000, 1 << 24])
def test_a_file_is_read_as_scikit_learn_reads_it(judged_features, monkeypatch, at_once):
    monkeypatch.setattr(svmlight, "AT_ONCE", at_once)
    path = judged_features / "letor" / "train.txt"
    x, grade, query = load_svmlight_file(str(path), query_id=True, zero_based=True)
    got = read_lines(path)
    assert same(got.x, x)
    assert (got.grade == grade).all()
    assert (got.query == query).all()
    assert got.line.tolist() == list(range(1, len(grade) + 1))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4),
            st.dictionaries(
                st.integers(0, 300),
                st.floats(allow_nan=False, allow_infinity=False, width=64),
                max_size=6,
            ),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([" ", "  ", "\t"]),
    st.sampled_from(["\n", "\r\n", "\n\n", " # doc = 3:4 qid:9\n", "\n#\n  \n"]),
    st.booleans(),
)
def test_any_rows_come_back_as_they_were_written(tmp_path_factory, rows, gap, end, qid):
    path = tmp_path_factory.mktemp("rows") / "train.txt"
    told = [
        gap.join(
            [str(g), *(["qid:7"] if qid else []), *(f"{i}:{v!r}" for i, v in x.items())]
        )
        for g, x in rows
    ]
    path.write_text(end.join(told) + end.rstrip("\n"), encoding="utf-8", newline="")
    got = read_lines(path)
    assert got.grade.tolist() == [g for g, _ in rows]
    assert (got.query is not None) == qid
    dense = got.x.toarray()
    for row, (_, x) in zip(dense, rows, strict=True):
        want = {i: v for i, v in x.items() if v != 0}
        assert {int(i): row[i] for i in np.flatnonzero(row)} == want


def test_both_layouts_hold_the_same(judged_features):
    one, two = (read_letor(judged_features / name) for name in ("letor", "lightgbm"))
    for part in ("train", "test"):
        a, b = getattr(one, part), getattr(two, part)
        assert same(a.x, b.x)
        assert (a.grade == b.grade).all()
        assert (a.size == b.size).all()
        assert (a.query - 10 == b.query).all()
    assert one.conf is None
    assert two.conf.n_trees == 30
    assert two.conf.eval_at == (1, 3, 5)
    assert two.conf.settings == {
        "objective": "lambdarank",
        "learning_rate": 0.1,
        "num_leaves": 7,
        "bagging_freq": 1,
        "bagging_fraction": 0.9,
        "min_data_in_leaf": 20,
    }


@pytest.mark.parametrize(
    "names",
    [
        ("train.txt", "vali.txt", "test.txt"),
        ("trainingset.txt", "validationset.txt", "testset.txt"),
        ("set1.train.svm", "set1.valid.svm", "set1.test.svm"),
        ("mq2007_train.tsv", "mq2007_dev.tsv", "mq2007_test.tsv"),
        ("a.train", "a.valid", "a.test"),
        ("train.libsvm.gz", "vali.libsvm.gz", "test.libsvm.gz"),
        ("train", "vali", "test"),
    ],
)
@pytest.mark.parametrize("below", ["", "Fold1", "MSLR-WEB10K/Fold1"])
def test_parts_are_known_by_their_names(judged_features, tmp_path, names, below):
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    parts = ("train", "vali", "test")
    for part, name in zip(parts, names, strict=True):
        told = (judged_features / "letor" / f"{part}.txt").read_bytes()
        told = gzip.compress(told) if name.endswith("gz") else told
        (tmp_path / below / name).write_bytes(told)
    (tmp_path / "README.md").write_text("how to train and test", encoding="utf-8")
    got, want = read_letor(tmp_path), read_letor(judged_features / "letor")
    assert (got.train.file, got.test.file) == (names[0], names[2])
    assert f"{names[1]} is not read: no setting asks for it" in got.notes
    assert same(got.train.x, want.train.x)
    assert same(got.test.x, want.test.x)


def test_the_validation_part_is_read_where_training_stops_early(
    judged_features, tmp_path
):
    shutil.copytree(judged_features / "letor", tmp_path, dirs_exist_ok=True)
    text = "objective = lambdarank\nearly_stopping_rounds = 5\n"
    (tmp_path / "train.conf").write_text(text, encoding="utf-8")
    got = read_letor(tmp_path)
    assert (got.vali.file, len(got.vali.size), got.conf.patience) == ("vali.txt", 30, 5)


def test_the_first_fold_is_taken_and_said(judged_features, tmp_path):
    for fold in range(1, 6):
        shutil.copytree(judged_features / "letor", tmp_path / f"Fold{fold}")
    assert read_letor(tmp_path).notes[0] == "Fold1 is used, and no other folder"


@pytest.mark.parametrize("ending", ["query", "group", "query.gz"])
def test_sizes_stand_beside_packed_rows_too(judged_features, tmp_path, ending):
    for part in ("train", "test"):
        told = (judged_features / "lightgbm" / f"rank.{part}").read_bytes()
        (tmp_path / f"rank.{part}.gz").write_bytes(gzip.compress(told))
        sizes = (judged_features / "lightgbm" / f"rank.{part}.query").read_bytes()
        sizes = gzip.compress(sizes) if ending.endswith("gz") else sizes
        (tmp_path / f"rank.{part}.{ending}").write_bytes(sizes)
    (tmp_path / "rank.train.weight").write_text("1\n", encoding="utf-8")
    got, want = read_letor(tmp_path), read_letor(judged_features / "lightgbm")
    assert (got.train.size == want.train.size).all()
    assert got.vali is None
    assert "rank.train.gz.weight" not in "".join(got.notes)


def test_a_validation_part_stands_in_for_a_missing_test(judged_features, tmp_path):
    shutil.copytree(judged_features / "letor", tmp_path, dirs_exist_ok=True)
    (tmp_path / "test.txt").unlink()
    got = read_letor(tmp_path)
    assert (got.test.file, got.vali) == ("vali.txt", None)
    assert "vali.txt is taken for it" in got.notes[0]


def folder(tmp_path, **files):
    """Files of these contents, `_` for a dot in their names."""
    whole = {"train_txt": "1 qid:1 1:2\n0 qid:2 1:1\n", "test_txt": "1 qid:1 1:2\n"}
    for name, text in (whole | files).items():
        if text is not None:
            path = tmp_path / name.replace("_", ".")
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


ROW = "1 qid:1 1:2\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ROW + "x qid:1 1:2\n", "line 2: it must begin with a grade, not with 'x'"),
        (ROW + "#\n\n1 1:2\n", "line 4: no qid behind '1'"),
        ("1 1:2\n" + ROW, "line 2: a qid, unlike lines before"),
        (ROW + "1 qid:a 1:2\n", "line 2: qid must be a whole number"),
        (ROW + "1 qid:1.5 1:2\n", "line 2: qid must be a whole number"),
        (ROW + "1 qid:99999999999999999 1:2\n", "line 2: qid must be a whole"),
        (ROW + "1 qid:1 1:nan\n", "line 2: feature 1 is 'nan'"),
        (ROW + "1 qid:1 1:NA\n", "line 2: feature 1 is 'NA'"),
        (ROW + "1 qid:1 1:inf\n", "line 2: feature 1 is 'inf'"),
        (ROW + "1 qid:1 1:1e999\n", "line 2: feature 1 is '1e999'"),
        (ROW + "1 qid:1 1:2,5\n", "line 2: feature 1 is '2,5'"),
        (ROW + "1 qid:1 1: 2\n", "line 2: feature 1 is ''"),
        (ROW + "1 qid:1 1 :2\n", "line 2: '1' is no feature:value"),
        (ROW + "1 qid:1 1:2:3\n", "line 2: feature 1 is '2:3'"),
        (ROW + "1 qid:1 1:2:3 4 5:6\n", "line 2: feature 1 is '2:3'"),
        (ROW + "1 qid:1 1:\n" + ROW, "line 2: feature 1 is ''"),
        (ROW + "1 qid:1 a:2\n", "line 2: 'a:2' is no feature:value"),
        (ROW + "1 qid:1 -1:2\n", "line 2: '-1:2' is no feature"),
        (ROW + "1 qid:1 1.5:2\n", "line 2: '1.5:2' is no feature"),
        (ROW + "1 qid:1 9999999:2\n", "line 2: '9999999:2' is no feature"),
        (ROW + "1 qid:1 1:2 1:2\n", "line 2: feature 1 is given twice"),
        (ROW + "1 qid:1 2:1 1:2 2:3\n", "line 2: feature 2 is given twice"),
        (ROW + "1 qid:1 1:0 1:2\n", "line 2: feature 1 is given twice"),
        (ROW + "nan qid:1 1:2\n", "line 2: it must begin with a grade"),
        (ROW + "-1 qid:1 1:2\n", "line 2: the grade is -1"),
        (ROW + "1.5 qid:1 1:2\n", "line 2: the grade is 1.5"),
        (ROW + "31 qid:1 1:2\n", "line 2: the grade is 31"),
        (ROW + "1 qid:2 1:2\n1 qid:1 1:1\n", "line 3: qid 1 comes again"),
        ("# nothing\n\n", "holds no rows"),
        ("", "holds no rows"),
        (b"\xff\xfe1\x00", "line 1"),
        ("1 1:2\n", "has no qid, and there is no train.txt.query"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(tmp_path, text, why):
    with pytest.raises((ValueError, FileNotFoundError)) as told:
        read_letor(folder(tmp_path, train_txt=text))
    assert "train.txt" in str(told.value)
    assert why in str(told.value)


@pytest.mark.parametrize("at_once", [10, 1 << 24])
def test_the_line_is_counted_through_all_blocks(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(svmlight, "AT_ONCE", at_once)
    text = "# head\n" + ROW * 40 + "1 qid:1 1:x\n" + ROW * 3
    with pytest.raises(ValueError, match=r"train.txt, line 42: feature 1 is 'x'"):
        read_letor(folder(tmp_path, train_txt=text))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"train_txt": None}, "has no training part.*it holds test.txt"),
        ({"test_txt": None}, "has no test part"),
        ({"set2_train_txt": ROW}, "train.txt and set2.train.txt could both be"),
        ({"train_conf": "objective = regression"}, "a ranking step needs lambdarank"),
        ({"train_conf": "num_trees = 5"}, "the objective is regression"),
        ({"train_conf": "objective"}, "train.conf, line 1: 'objective' is no key"),
        (
            {"train_conf": "objective = lambdarank\nheader = true"},
            "line 2: header cannot be followed",
        ),
        (
            {"train_conf": "num_trees = 5\nnum_iterations = 6"},
            "line 2: num_iterations is set twice",
        ),
        (
            {"train_conf": "objective = lambdarank\nnum_trees = many"},
            "num_iterations must be whole, from 1, not 'many'",
        ),
        (
            {"train_conf": "objective = lambdarank\ndata = elsewhere.txt"},
            "name elsewhere.txt, which .* lacks",
        ),
        (
            {"train_txt": "1 1:2\n", "train_txt_query": "2\n"},
            "2 rows in 1 queries, .* 1",
        ),
        ({"train_txt": "1 1:2\n", "train_txt_query": "1\nx\n"}, "query, line 2: 'x'"),
        ({"train_txt": "1 1:2\n", "train_txt_query": "1\n0\n"}, "query, line 2: '0'"),
        ({"train_txt": None, "train_txt_gz": b"plain"}, "cannot be unpacked"),
    ],
)
def test_what_is_missing_or_contradicts_is_told(tmp_path, files, why):
    with pytest.raises((ValueError, FileNotFoundError), match=why):
        read_letor(folder(tmp_path, **files))


def test_several_folders_with_parts_are_told(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        folder(tmp_path / name)
    with pytest.raises(ValueError, match=r"part .a, b.: name one"):
        read_letor(tmp_path)


def test_a_comment_about_a_query_is_none(tmp_path):
    files = dict.fromkeys(("train_txt", "test_txt"), "1 1:2 # qid:4\n" * 2)
    sizes = {f"{name}_query": "2\n" for name in files}
    assert read_letor(folder(tmp_path, **files, **sizes)).train.size.tolist() == [2]


def test_pairs_may_come_in_any_order(tmp_path):
    x = read_letor(folder(tmp_path, train_txt="1 qid:1 7:5 1:2 3:4\n" * 2)).train.x
    assert x.indices.tolist() == [1, 3, 7] * 2
    assert x.data.tolist() == [2, 4, 5] * 2


def test_a_mark_of_the_encoding_is_passed_over(tmp_path):
    got = read_letor(folder(tmp_path, train_txt=b"\xef\xbb\xbf" + ROW.encode() * 2))
    assert got.train.grade.tolist() == [1, 1]
