"""What the service does not need, it does not import; each public name is there."""

import subprocess
import sys

import pytest

import sevensteps.cases.fraud.features


def told_by(code: str) -> str:
    """What a fresh interpreter prints."""
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


def test_the_service_imports_no_engine() -> None:
    code = (
        "import sys, sevensteps.cases.fraud.service\n"
        "print(sorted({'duckdb', 'ibis', 'pandera'} & set(sys.modules)))"
    )
    assert told_by(code) == "[]"


def test_offline_is_the_function_although_its_module_came_first() -> None:
    code = (
        "import sevensteps.cases.fraud.features.offline\n"
        "from sevensteps.cases.fraud.features.offline import MEMORY\n"
        "from sevensteps.cases.fraud.features import offline\n"
        "print(callable(offline), MEMORY)"
    )
    assert told_by(code) == "True 2GB"


def test_every_public_name_is_there() -> None:
    for name in sevensteps.cases.fraud.features.__all__:
        assert getattr(sevensteps.cases.fraud.features, name) is not None
    assert callable(sevensteps.cases.fraud.features.offline)
    with pytest.raises(AttributeError, match="no attribute 'online'"):
        sevensteps.cases.fraud.features.online  # noqa: B018
