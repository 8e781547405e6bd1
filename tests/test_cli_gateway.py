"""`gridloop gateway` as a person calls it, before anything is served."""

from pathlib import Path

import jsonschema_rs
import pytest

from streams.entry.adapters.orders import order_schema
from streams.entry.gateway_keys import keys_schema
from streams.entry.yamlfile import load_yaml
from tests.commands import Run, runner
from tests.entry.gateways import SIGNING_KEY, keys_file
from tests.entry.upstreams import ROOT


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Call the command, in a home where nothing runs."""
    monkeypatch.setenv("GRIDLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GRIDLOOP_KAFKA", raising=False)
    monkeypatch.setenv("HOTLINE_SIGNING_KEY", SIGNING_KEY)
    return runner(monkeypatch, capsys, "gateway")


def test_a_usable_file_is_said_to_be_usable(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("--keys", str(keys_file(tmp_path)), "--check")
    assert code == 0
    assert "hotline-12345, video-platform-a, grid-app" in out


@pytest.mark.parametrize(
    ("change", "told"),
    [({"rate": "much"}, "rate"), ({"place": None}, "place"), ({"burst": 0}, "burst")],
)
def test_a_file_that_cannot_be_used_ends_with_exit_two(
    run: Run, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    for more in ((), ("--check",)):
        code, out, said = run("--keys", str(keys_file(tmp_path, grid_app=change)), *more)
        assert (code, out) == (2, "")
        assert told in said


def test_no_file_is_wrong_use_and_no_broker_is_away(run: Run, tmp_path: Path) -> None:
    code, _, said = run("--keys", str(tmp_path / "none.yaml"))
    assert (code, "none.yaml" in said) == (2, True)
    code, _, said = run("--keys", str(keys_file(tmp_path)))
    assert (code, "gridloop up" in said) == (3, True)


@pytest.mark.parametrize(
    ("file", "schema"), [("keys.yaml", keys_schema()), ("orders.yaml", order_schema())]
)
def test_the_example_files_hold_to_their_schemas(file: str, schema: dict[str, object]) -> None:
    jsonschema_rs.Draft202012Validator(schema).validate(load_yaml(ROOT / file))
