"""The command line: its help is light, its errors say what to do."""

import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from sevensteps.cases.fraud.data.report import (
    AP,
    KEPT_SHARE,
    LINE,
    TREES,
    plan,
    run_offline,
    thin,
)
from sevensteps.cases.fraud.world import PaymentsWorld
from sevensteps.cli import app

HEAVY = {"numpy", "pandas", "sklearn", "lightgbm", "matplotlib", "duckdb", "nbformat"}


def call(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, arguments)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from sevensteps.cli import app\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["doctor", "run", "check", "serve", "load", "new"])
def test_each_command_explains_itself(command):
    told = call(command, "--help")
    assert told.exit_code == 0
    assert command in call("--help").output


@pytest.mark.parametrize("command", ["run", "check"])
def test_an_unknown_chapter_is_told_with_the_known(command, capsys):
    told = call(command, "no-such-chapter")
    assert told.exit_code == 1
    assert "fraud_detection" in told.output


def test_an_unknown_service_is_told_with_the_known():
    told = call("serve", "no-such-service")
    assert told.exit_code == 2
    assert "fraud, video" in told.output


def test_a_folder_without_tables_is_told(tmp_path):
    told = call("run", "fraud", "--data", str(tmp_path))
    assert told.exit_code == 1
    assert "payments" in told.output


def test_advice_in_brackets_is_told_whole(tmp_path):
    (tmp_path / "payments.csv").write_text("payment_id,price\n1,2\n")
    told = call("run", "fraud", "--data", str(tmp_path))
    assert told.exit_code == 1
    assert '[payments]\n  paid_at = "name in your file"' in told.output


def test_judged_features_are_for_the_search_chapter(tmp_path):
    part = "".join(
        f"{n % 3 == 0:d} qid:{n // 10} 1:{n % 7} 2:{n % 3}\n" for n in range(60)
    )
    (tmp_path / "train.txt").write_text(part)
    (tmp_path / "test.txt").write_text(part)
    told = call("run", "search", "--letor", str(tmp_path))
    assert told.exit_code == 0
    assert "6 test queries are training queries" in " ".join(told.output.split())
    told = call("run", "fraud", "--letor", str(tmp_path))
    assert told.exit_code == 1
    assert "--letor works with search" in told.output
    told = call("run", "search", "--letor", str(tmp_path), "--data", str(tmp_path))
    assert told.exit_code == 2


@pytest.fixture(scope="module")
def own_tables(tmp_path_factory):
    """Somebody's tables: the world's, without a word of truth."""
    folder = tmp_path_factory.mktemp("tables")
    history = PaymentsWorld(scale="smoke", seed=3, base_rate=0.005).history(60)
    for name in ("payments", "cardholders", "cards", "merchants", "chargebacks"):
        pq.write_table(getattr(history, name), folder / f"{name}.parquet")
    return folder


def test_the_offline_half_runs_on_own_tables(own_tables):
    report = run_offline(own_tables)
    amount = report.results["largest amount"][AP].estimate
    for model in (LINE, TREES):
        assert report.results[model][AP].low > amount
        assert 0.1 < report.results[model]["predicted per fraud"].estimate < 10
    assert any("truth" in part for part in report.skipped)


@pytest.mark.parametrize("days", [28, 40, 60, 180, 400])
@pytest.mark.parametrize("delay", [0, 5, 30, 90])
def test_the_split_leaves_room_for_each_part(days, delay):
    parts = plan(days, delay)
    trained = parts["train_until"] - parts["train_from"]
    tested = days - parts["train_until"] - parts["label_gap"]
    assert trained >= 7
    assert parts["label_gap"] >= 7
    assert tested >= 7


def test_too_short_a_history_is_told():
    with pytest.raises(ValueError, match="at least 28"):
        plan(27, 0)


def test_thinning_keeps_every_fraud(monkeypatch):
    import numpy as np

    monkeypatch.setattr("sevensteps.cases.fraud.data.report.MANY_ROWS", 1_000)
    labels = np.arange(20_000) % 100 == 0
    kept, share = thin(np.ones(20_000, dtype=bool), labels)
    assert share == KEPT_SHARE
    assert kept[labels].all()
    assert 0.08 < kept[~labels].mean() < 0.12
