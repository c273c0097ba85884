"""What every world promises: the same tests on each."""

import copy
import hashlib
import pickle
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sevensteps.world import BrokenFolder, Evening, StorageError, World, storage

from .conftest import CONTRACTS

DAYS = 4


def made(small, **more):
    """A contract's world, or one with other parameters."""
    return small.make(small.SIZE, **{"seed": 3, **more})


@pytest.fixture(scope="module", params=CONTRACTS)
def small(request):
    return CONTRACTS[request.param]


@pytest.fixture(scope="module")
def world(small):
    return made(small)


@pytest.fixture(scope="module")
def history(world):
    return world.history()


@pytest.fixture(scope="module")
def lived(small, world, history):
    return world.live(small.fixed, 2, seed=1, history=history)


@pytest.fixture
def written(world, tmp_path):
    return world.write(tmp_path / "world")


def tables(record):
    held = vars_of(record).items()
    return {k: v.combine_chunks() for k, v in held if isinstance(v, pa.Table)}


def vars_of(record):
    return {f.name: getattr(record, f.name) for f in fields(record)}


def log(world, record):
    return getattr(record, world.log).combine_chunks()


def same(a, b):
    ours, theirs = tables(a), tables(b)
    return ours.keys() == theirs.keys() and all(ours[k].equals(theirs[k]) for k in ours)


def checksum(table):
    found = hashlib.sha256()
    for column in table.combine_chunks().columns:
        _add(found, column.combine_chunks())
    return found.hexdigest()[:16]


def _add(found, column):
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    found.update(f"{column.type} {len(column)} {column.null_count}".encode())
    if pa.types.is_fixed_size_list(column.type):
        return _add(found, column.flatten())
    if pa.types.is_string(column.type):
        found.update("\n".join(map(str, column.to_pylist())).encode())
    else:
        found.update(np.asarray(column.is_valid()).tobytes())
        found.update(column.drop_null().to_numpy(zero_copy_only=False).tobytes())


def test_the_rows_are_those_of_this_generator(small, world, history, lived):
    """In the fixed environment; whoever means to change them raises `generator`."""
    arms = world.arms({"a": small.fixed, "b": world.incumbent()}, seed=2)
    both = world.live(arms, 2, seed=2, history=history)
    found = {
        **{f"history {k}": checksum(v) for k, v in tables(history).items()},
        "truth": checksum(world.truth(history)),
        "live": checksum(log(world, lived)),
        "live truth": checksum(lived.truth),
        "arms": checksum(log(world, both)),
    }
    assert found == small.ROWS


def test_days_depend_on_the_seed_and_not_on_those_that_follow(small, world, history):
    assert not same(made(small, seed=4).history(), history)
    short = log(world, world.history(2))
    assert 0 < short.num_rows < log(world, history).num_rows
    assert short.equals(log(world, history).slice(0, short.num_rows))


def test_the_same_policy_and_seed_have_the_same_outcome(small, world, history, lived):
    again = world.live(small.fixed, 2, seed=1, history=history)
    other = world.live(small.fixed, 2, seed=2, history=history)
    assert same(again, lived)
    assert not log(world, other).equals(log(world, lived))


def first_requests(world, policy, history, **how):
    seen = []

    def spy(requests, view):
        seen.append(requests)
        return policy(requests, view)

    world.live(spy, 1, history=history, **how)
    return seen[0]


def test_any_policy_meets_the_same_people_on_the_first_day(small, world, history):
    """Common random numbers: what a policy does moves nothing but what it moves."""
    fixed = first_requests(world, small.fixed, history)
    usual = first_requests(world, world.incumbent(), history)
    other = first_requests(world, small.fixed, history, seed=2)
    assert pickle.dumps(fixed) == pickle.dumps(usual)
    assert pickle.dumps(fixed) != pickle.dumps(other)


def test_a_run_that_stops_and_goes_on_is_one_run(world, history):
    policy = world.incumbent()
    whole = world.live(world.incumbent(), 4, seed=5, history=history)
    first = world.live(policy, 2, seed=5, history=history)
    second = world.live(policy, 2, seed=5, after=first)
    halves = [log(world, first), log(world, second)]
    assert pa.concat_tables(halves).combine_chunks().equals(log(world, whole))
    rest = whole.truth.slice(first.truth.num_rows).combine_chunks()
    assert second.truth.combine_chunks().equals(rest)


def test_branches_leave_the_stem_alone(small, world, lived):
    before = pickle.dumps(lived.evening)
    once, again = (world.live(small.fixed, 2, after=lived) for _ in range(2))
    assert same(once, again)
    assert pickle.dumps(lived.evening) == before


EVERY_INCIDENT = pytest.mark.parametrize(
    ("each", "kind"),
    [
        pytest.param(small, kind, id=f"{name}-{kind}")
        for name, small in CONTRACTS.items()
        for kind in small.make().incident_type.KINDS
    ],
)


@EVERY_INCIDENT
def test_an_incident_changes_nothing_before_it_and_something_after(each, kind):
    calm = made(each)
    struck = calm.inject(calm.incident_type(kind, 2, size=5.0))
    before, after = struck.history(2), struck.history()
    assert same(before, calm.history(2))
    assert not same(after, calm.history())
    start = log(calm, before)
    assert start.equals(log(calm, after).slice(0, start.num_rows))


@EVERY_INCIDENT
def test_an_incident_to_come_strikes_a_live_run_on_its_day(each, kind):
    calm = made(each)
    past = calm.history()
    struck = calm.inject(calm.incident_type(kind, DAYS + 1, size=5.0))
    assert same(struck.history(), past)
    first, second = (w.live(each.fixed, 1, history=past) for w in (calm, struck))
    assert same(first, second)
    later = [w.live(each.fixed, 3, after=first) for w in (calm, struck)]
    assert not same(*later)


def reachable(thing, path="", met=None):
    met = set() if met is None else met
    if id(thing) in met or isinstance(thing, type | str | bytes | int | float):
        return
    met.add(id(thing))
    yield path, thing
    inside: dict[str, Any] = {}
    if isinstance(thing, dict):
        inside = {str(k): v for k, v in thing.items()}
    elif isinstance(thing, list | tuple | set):
        inside = {str(i): v for i, v in enumerate(thing)}
    elif is_dataclass(thing):
        inside = vars_of(thing)
    inside |= getattr(thing, "__dict__", {})
    for hidden in ("__self__", "func", "args", "keywords", "__closure__"):
        value = getattr(thing, hidden, None)
        if value is not None and not isinstance(thing, pa.Table | pd.DataFrame):
            inside[hidden] = value
    if hasattr(thing, "cell_contents"):
        inside["cell"] = thing.cell_contents
    for name, value in inside.items():
        yield from reachable(value, f"{path}.{name}", met)


def column_names(thing):
    if isinstance(thing, pa.Table | pa.RecordBatch):
        return thing.column_names
    if isinstance(thing, pd.DataFrame):
        return [str(c) for c in thing.columns]
    if isinstance(thing, np.ndarray):
        return [*(thing.dtype.names or ())]
    if isinstance(thing, dict):
        return [str(k) for k in thing]
    return [f.name for f in fields(thing)] if is_dataclass(thing) else []


def secrets(thing, forbidden=()):
    kinds = World, Evening, *forbidden
    return [
        f"{path}: {name}"
        for path, held in reachable(thing)
        for name in [*column_names(held), *(["a state"] * isinstance(held, kinds))]
        if name.startswith("true_") or name == "a state"
    ]


def test_what_is_secret_is_found_wherever_it_lies(world):
    table = pa.table({"a": [1], "true_b": [2]})
    deep = {"x": [({"y": partial(print, table)},)]}
    assert secrets(deep) == [".x.0.0.y.args.0: true_b"]
    assert ".0.__self__: a state" in secrets([world.history])
    assert secrets(lambda: table)
    assert not secrets(table.drop(["true_b"]))


def test_a_policy_reads_the_log_since_it_was_last_asked_and_no_secret(
    small, world, history
):
    states = (type(world.evening(history).state),)
    asked, read = [], {}

    def spy(requests, view):
        asked.append(view.day)
        assert not secrets((requests, view), states)
        if getattr(view, "log", None) is not None:  # some are told of complaints only
            read[view.day] = view.log.combine_chunks()
        return small.fixed(requests, view)

    first = world.live(spy, 2, history=history)
    world.live(spy, 1, after=first)
    assert {*asked} == {DAYS, DAYS + 1, DAYS + 2}
    if read:
        assert [*read] == [DAYS, DAYS + 1, DAYS + 2]
        assert read[DAYS].equals(log(world, history))
        both = pa.concat_tables([read[DAYS + 1], read[DAYS + 2]]).combine_chunks()
        assert both.equals(log(world, first))
    policy = world.incumbent()
    for each in (world.arms({"a": spy, "b": spy}), policy):
        world.live(each, 2, history=history)
    assert not secrets(policy, states)


def test_the_company_holds_nothing_true_and_the_truth_does(world, history, lived):
    assert not secrets(history)
    assert {*tables(history)} == {*world.schema}
    for name, schema in world.schema.items():
        assert getattr(history, name).schema.equals(schema), name
        getattr(history, name).validate(full=True)
    for record, truth in ((history, world.truth(history)), (lived, lived.truth)):
        assert truth.schema.equals(world.truth_schema)
        assert truth.num_rows == log(world, record).num_rows
        assert any(name.startswith("true_") for name in truth.column_names)
    assert not secrets([t for k, t in tables(lived).items() if k != "truth"])


def test_arms_part_the_units_for_good(world):
    parts = {"a": None, "b": None, "c": None}
    arms, units = world.arms(parts, seed=1), np.arange(30_000)
    share = np.bincount(arms.of(units)) / len(units)
    assert np.allclose(share, 1 / 3, atol=0.01)
    assert np.array_equal(arms.of(units[::7]), arms.of(units)[::7])
    assert not np.array_equal(arms.of(units), world.arms(parts, seed=2).of(units))
    with pytest.raises(ValueError, match="at least two policies"):
        world.arms({"a": None})


def test_each_arm_answers_its_own_and_arms_of_one_policy_are_that_policy(
    small, world, history, lived
):
    asked = {"a": set(), "b": set()}

    def spy(name, requests, view):
        unit = requests if isinstance(requests, pa.Table) else vars_of(requests)
        asked[name] |= {int(i) for i in np.asarray(unit[world.unit])}
        return small.fixed(requests, view)

    arms = world.arms({name: partial(spy, name) for name in asked}, seed=3)
    both = world.live(arms, 2, seed=1, history=history)
    assert same(both, lived)
    assert not asked["a"] & asked["b"]
    for name, units in asked.items():
        assert (arms.names(np.array([*units])) == name).all()


def test_an_arm_that_answers_too_little_is_named(small, world, history):
    def lazy(requests, view):
        answer = small.fixed(requests, view)
        if isinstance(answer, np.ndarray):
            return answer[1:]
        return type(answer)(*(v[1:] for v in vars_of(answer).values()))

    arms = world.arms({"a": small.fixed, "lazy": lazy})
    with pytest.raises(ValueError, match=r"the arm 'lazy' answered \d+ of \d+"):
        world.live(arms, 1, history=history)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda s, w: s.make(7), "unknown scale 7; choose from"),
        (lambda s, w: made(s, seed=-1), "seed must be a whole number >= 0; got -1"),
        (lambda s, w: w.history(0), "days must be a whole number from 1 to"),
        (lambda s, w: w.history(2.5), "days must be .*; got 2.5"),
        (lambda s, w: w.history(w.last_day + 1), "days must be"),
        (lambda s, w: w.write("never", -1), "days must be"),
        (lambda s, w: w.cached(0), "days must be"),
        (lambda s, w: w.live(s.fixed, 0), "days must be"),
        (lambda s, w: w.live(s.fixed, w.last_day), "runs longer than"),
        (lambda s, w: w.live(s.fixed, seed=0), "seed must be .* from 1 to 255"),
        (lambda s, w: w.live(s.fixed, seed=256), "seed must be .* from 1 to 255"),
        (lambda s, w: w.incident_type("flood", 1), "unknown incident 'flood'"),
        (lambda s, w: incident(w, start_day=-1), "start_day >= 0"),
        (lambda s, w: incident(w, days=0), "days >= 1"),
        (lambda s, w: incident(w, size=float("nan")), "finite size > 0"),
        (lambda s, w: incident(w, size=0), "finite size > 0"),
        (lambda s, w: w.inject("fad"), "what happens to a .* world is a"),
        (lambda s, w: made(s, seed=4).truth(w.history(1)), "another world"),
        (lambda s, w: made(s, seed=4).live(s.fixed, history=w.history(1)), "another w"),
        (lambda s, w: replace(s.SIZE, days=0), "days >= 1|at least"),
    ],
)
def test_what_cannot_be_made_is_told(small, world, call, why):
    with pytest.raises(ValueError, match=why):
        call(small, world)


def incident(world, **more):
    kind = world.incident_type.KINDS[0]
    return world.incident_type(**{"kind": kind, "start_day": 1, **more})


def test_progress_is_told_by_day(small, lived, world):
    told = []
    made(small).history(3, progress=lambda *done: told.append(done))
    world.live(small.fixed, 2, after=lived, progress=lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3), (1, 2), (2, 2)]


def test_what_was_written_is_read_and_truth_lies_apart(world, history, written):
    assert same(world.read(written), history)
    plain = [f.name for f in fields(history) if f.type in ("str", "int", str, int)]
    again = vars_of(world.read(written))
    assert {k: again[k] for k in plain} == {k: vars_of(history)[k] for k in plain}
    truth = world.truth(history).combine_chunks()
    assert world.read_truth(written).combine_chunks().equals(truth)
    assert [p.name for p in written.parent.iterdir()] == ["world"]
    for path in written.rglob("*.parquet"):
        names = pq.ParquetFile(path).schema_arrow.names
        apart = path.relative_to(written).parts[0].startswith("truth")
        assert any(n.startswith("true_") for n in names) == apart, path


def test_the_manifest_tells_what_is_there(world, history, written, tmp_path):
    manifest = world.verify(written)
    parameters = manifest.content["parameters"]
    assert parameters["seed"] == 3
    assert parameters["generator"] == world.generator
    assert manifest.content["rows"]["truth"] == log(world, history).num_rows
    held = {p.relative_to(written).as_posix() for p in written.rglob("*.*")}
    assert held - {storage.MANIFEST} == {*manifest.files}
    again = world.verify(world.write(tmp_path / "again"))
    assert again.files == manifest.files, "the same world is the same bytes"
    assert sum(size for size, _ in manifest.files.values()) < 10 * world.room(DAYS)


def test_a_damaged_or_missing_file_is_noticed(world, written):
    for path in (f"{world.log}*", "truth*", "state*"):
        for file in sorted(written.rglob(f"{path}/**/*.*")) or written.glob(path):
            whole = file.read_bytes()
            if not whole:
                continue
            flipped = bytearray(whole)
            flipped[len(whole) // 2] ^= 1
            file.write_bytes(flipped)
            with pytest.raises(BrokenFolder, match=f"{file.name} is not what was"):
                world.verify(written)
            file.write_bytes(whole[:-1])
            with pytest.raises(BrokenFolder, match=f"{file.name} is missing or has"):
                world.read(written)
            file.write_bytes(whole)
            break
    (written / storage.MANIFEST).unlink()
    with pytest.raises(BrokenFolder, match=rf"{type(world).__name__}\(...\)\.write"):
        world.read(written)


def test_another_kind_of_world_is_refused(small, world, tmp_path):
    other = next(each for each in CONTRACTS.values() if each is not small)
    path = made(other).write(tmp_path / "other", 1)
    with pytest.raises(BrokenFolder, match="is damaged or of another format"):
        world.read(path)


def test_nothing_is_overwritten_and_a_full_disk_leaves_nothing(
    world, written, tmp_path, monkeypatch
):
    with pytest.raises(FileExistsError, match="holds something already"):
        world.write(written)
    world.verify(written)
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(StorageError, match=r"about .* GB are needed"):
        world.write(tmp_path / "more")
    assert [p.name for p in tmp_path.iterdir()] == ["world"]


def test_a_cache_is_filled_once_for_each_set_of_parameters(small, lived, tmp_path):
    def stamps():
        return {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.*")}

    history = made(small).cached(root=tmp_path)
    before = stamps()
    again, world = made(small).cached(root=tmp_path), made(small)
    assert same(again, history)
    assert same(world.live(small.fixed, 2, seed=1, history=again), lived)
    assert stamps() == before
    kind = made(small).incident_type
    made(small).cached(2, root=tmp_path)
    made(small, seed=4).cached(root=tmp_path)
    made(small, **small.OTHER).cached(root=tmp_path)
    for day in (1, 50):  # the second has not happened yet
        made(small, incidents=(kind(kind.KINDS[-1], day),)).cached(root=tmp_path)
    assert len([*tmp_path.iterdir()]) == 5
    for manifest in tmp_path.rglob(storage.MANIFEST):
        manifest.unlink()
    with pytest.raises(BrokenFolder, match="Remove it and write it again"):
        made(small).cached(root=tmp_path)


def test_worlds_and_outcomes_travel_between_processes(small, world, lived):
    assert same(pickle.loads(pickle.dumps(lived)), lived)
    other = pickle.loads(pickle.dumps(world))
    assert same(copy.deepcopy(other).history(1), made(small).history(1))
