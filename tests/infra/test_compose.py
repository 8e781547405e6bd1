"""The compose file, as far as it can be told without a container engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from defusedxml import ElementTree

from infra.embedded.properties import SETTINGS
from streams.cli import MODULES, commands_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infra" / "compose"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = {name: one for name, one in SERVICES.items() if "build" in one}
OTHERS = {name: one for name, one in SERVICES.items() if "build" not in one}


def test_it_keeps_to_the_compose_specification() -> None:
    done = subprocess.run(
        [
            Path(sys.executable).with_name("check-jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", FOLDER / "compose.yaml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", OTHERS)
def test_each_image_is_pinned_and_takes_a_mirror(name: str) -> None:
    """A registry's prefix before it, a version behind it; and it is asked how it is."""
    image = OTHERS[name]["image"]
    assert re.fullmatch(r"\$\{GRIDLOOP_MIRROR:-\}[\w./-]+:v?\d+\.\d+[\w.]*", image), image
    assert OTHERS[name]["healthcheck"]["test"][0] == "CMD"


def test_our_image_takes_the_mirror_is_no_root_and_asks_its_own_health() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {
        "${GRIDLOOP_MIRROR}python:3.11-slim"
    }
    assert "\nUSER gridloop\n" in text
    assert "http://127.0.0.1:9100/healthz" in text
    for one in OWN.values():
        assert one["build"]["args"]["GRIDLOOP_MIRROR"] == "${GRIDLOOP_MIRROR:-}"


@pytest.mark.parametrize("name", OWN)
def test_each_part_is_a_command_of_ours(name: str) -> None:
    """With options that it knows."""
    command, *words = OWN[name]["command"]
    known = commands_of(MODULES[command])[command]
    options = {option for param in known.params for option in param.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_each_file_that_is_mounted_is_there() -> None:
    """Seen from the folder of the compose file."""
    mounts = [v for one in SERVICES.values() for v in one.get("volumes", ())]
    sources = {mount.split(":")[0] for mount in mounts if mount.startswith(".")}
    assert sources
    for source in sources:
        assert (FOLDER / source).exists(), source
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith((".", "$"))}
    assert named == set(COMPOSE["volumes"])


def test_the_broker_is_set_as_the_embedded_one_where_it_matters() -> None:
    """What gridloop relies on stands in one place and is compared here."""
    given = OTHERS["kafka"]["environment"]
    shared = {name: name.upper().replace(".", "_") for name in SETTINGS}
    compared = [name for name, env in shared.items() if f"KAFKA_{env}" in given]
    assert {"auto.create.topics.enable", "offsets.retention.minutes"} <= set(compared)
    for name in compared:
        if "listener" not in name:
            assert str(given[f"KAFKA_{shared[name]}"]) == SETTINGS[name], name


def test_every_variable_is_in_the_example_and_no_password_has_a_default() -> None:
    """Whoever starts it without a password is told."""
    text = (FOLDER / "compose.yaml").read_text()
    example = (FOLDER / ".env.example").read_text()
    for name, default in re.findall(r"\$\{(GRIDLOOP_\w+)(:-[^}]*)?", text):
        assert name == "GRIDLOOP_VERSION" or f"{name}=" in example, name
        assert "PASSWORD" not in name or default in ("", ":-"), name
    for name in re.findall(r'from_env="(\w+)"', (FOLDER / "clickhouse" / "users.xml").read_text()):
        assert name in OTHERS["clickhouse"]["environment"]


def test_the_readers_of_clickhouse_only_read() -> None:
    """And may be given a time limit, which data sources send."""
    for file in (FOLDER / "clickhouse").glob("*.xml"):
        assert ElementTree.parse(file).getroot().tag == "clickhouse"
    users = ElementTree.parse(FOLDER / "clickhouse" / "users.xml").getroot()
    assert users.findtext("profiles/reader/readonly") == "1"
    assert (
        users.find("profiles/reader/constraints/max_execution_time/changeable_in_readonly")
        is not None
    )
    assert users.findtext("users/reader/profile") == "reader"
    assert users.find("users/default").get("remove") == "remove"
