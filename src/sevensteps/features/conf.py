"""A `train.conf` of LightGBM: what it sets, and what of it has no place here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Value = int | float | str
OBJECTIVES = {
    **dict.fromkeys(("lambdarank",), "lambdarank"),
    **dict.fromkeys(
        ("rank_xendcg", "xendcg", "xe_ndcg", "xe_ndcg_mart", "xendcg_mart"),
        "rank_xendcg",
    ),
}
#: LightGBM's names for one setting, ours first.
NAMES = (
    ("objective", "objective_type", "app", "application", "loss"),
    (
        "num_iterations",
        *("num_iteration", "n_iter", "num_tree", "num_trees", "num_round"),
        *("num_rounds", "nrounds", "num_boost_round", "n_estimators", "max_iter"),
    ),
    ("eval_at", "ndcg_eval_at", "ndcg_at", "map_eval_at", "map_at"),
    ("early_stopping_round", "early_stopping_rounds", "early_stopping"),
    ("train", "data", "train_data", "train_data_file", "data_filename"),
    (
        "test",
        *("valid", "valid_data", "valid_data_file", "test_data", "test_data_file"),
        "valid_filenames",
    ),
)
#: About files, machines and printing: they do not change the trees.
ASIDE = {
    *("config", "config_file", "task", "task_type", "metric", "metrics"),
    *("metric_types", "metric_freq", "output_freq", "is_provide_training_metric"),
    *("training_metric", "is_training_metric", "train_metric", "output_model"),
    *("model_output", "model_out", "snapshot_freq", "save_period", "output_result"),
    *("predict_result", "prediction_result", "save_binary", "is_save_binary"),
    *("is_save_binary_file", "two_round", "two_round_loading"),
    *("use_two_round_loading", "verbosity", "verbose", "num_threads", "num_thread"),
    *("nthread", "nthreads", "n_jobs", "num_machines", "num_machine"),
    *("local_listen_port", "local_port", "port", "machine_list_filename"),
    *("machine_list_file", "machine_list", "mlist", "machines", "workers", "nodes"),
    *("time_out", "device", "device_type"),
}
#: Would read other columns, other files, or count other gains than are measured here.
REFUSED = {
    *("header", "has_header", "label_column", "label", "group_column", "group"),
    *("query", "query_column", "group_id", "query_id", "weight_column", "weight"),
    *("ignore_column", "ignore_feature", "blacklist", "input_model", "model_input"),
    *("model_in", "label_gain", "forcedbins_filename", "forcedsplits_filename"),
    *("fs", "forced_splits_filename", "forced_splits_file", "forced_splits"),
    "parser_config_file",
}
NOTHING = {"", "0", "false"}  # of those: as if it were not there


@dataclass(frozen=True, slots=True)
class Conf:
    """What a file of settings says.

    Attributes
    ----------
    settings : of the training, under LightGBM's names
    n_trees : how many
    patience : rounds without a gain after which training stops; 0 for never
    eval_at : places at which NDCG is asked for
    files : names of the train and the test part, if told
    """

    settings: dict[str, Value]
    n_trees: int
    patience: int
    eval_at: tuple[int, ...]
    files: dict[str, str]


def read_conf(path: Path) -> Conf:
    """Read `key = value` lines; what follows a `#` is a comment.

    Raises
    ------
    ValueError                a line or a setting that cannot be followed here
    """
    told: dict[str, str] = {}
    ours = {name: names[0] for names in NAMES for name in names}
    for i, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
        if not (text := line.partition("#")[0].strip()):
            continue
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals):
            raise ValueError(
                f"{path.name}, line {i:,}: {text[:40]!r} is no key = value"
            )
        if key in REFUSED and value.lower() not in NOTHING:
            raise ValueError(
                f"{path.name}, line {i:,}: {key} cannot be followed here; remove it"
            )
        if told.setdefault(ours.get(key, key), value) != value:
            raise ValueError(f"{path.name}, line {i:,}: {key} is set twice")
    return _conf(path.name, told)


def _conf(name: str, told: dict[str, str]) -> Conf:
    aim = told.pop("objective", "regression")
    if aim not in OBJECTIVES:
        raise ValueError(
            f"{name}: the objective is {aim}; a ranking step needs lambdarank or "
            "rank_xendcg"
        )
    files = {part: told.pop(part) for part in ("train", "test") if told.get(part)}
    eval_at = told.pop("eval_at", "1,2,3,4,5").split(",")
    n_trees = _whole(name, "num_iterations", told.pop("num_iterations", "100"))
    stop = told.pop("early_stopping_round", "0")
    patience = max(0, _whole(name, "early_stopping_round", stop, least=-1))
    rest = {k: _value(v) for k, v in told.items() if k not in ASIDE | REFUSED}
    return Conf(
        settings={"objective": OBJECTIVES[aim], **rest},
        n_trees=n_trees,
        patience=patience,
        eval_at=tuple(_whole(name, "eval_at", k) for k in eval_at),
        files=files,
    )


def _whole(name: str, key: str, value: str, least: int = 1) -> int:
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if number < least:
        raise ValueError(f"{name}: {key} must be whole, from {least}, not {value!r}")
    return number


def _value(text: str) -> Value:
    """A number if it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
