"""Debian's Prometheus and Alertmanager over a running system, with the files that are committed.

Of these only addresses and intervals are others: what takes minutes takes seconds here.
"""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import urlencode

import yaml

from streams.where import free_port
from tests.dashboards.reading import NAMES, board, panels
from tests.entry.gateways import SIGNING_KEY, keys_file
from tests.journey.system import COMMAND, ROOT, System

INFRA = ROOT / "infra"
SOON = "1s"
HURRIED = "GridloopPartDown"
"""The alert whose `for` is shortened."""
LATER = "place:gridloop_breaches_recent:avg1d"
"""What Prometheus asks of an hour ago."""
RARE = {LATER, "gridloop_classified_abstained_ratio", "gridloop_classified_drift"}
RARE |= {"gridloop_flow_later_total", "gridloop_flow_given_up_total"}
"""What a system without faults or a trained classifier does not show."""
Asked = tuple[str, str]
"""An expression, and the words that name labels of its answer."""


def of_boards() -> set[Asked]:
    """What the boards ask of Prometheus."""
    targets = [
        target
        for lang, name in NAMES
        for panel in panels(board(lang, name))
        for target in panel["targets"]
    ]
    return {(one["expr"], one["legendFormat"]) for one in targets if "expr" in one}


class Receiver(ThreadingHTTPServer):
    """What Alertmanager posts, as (the receiver's path, alert)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.got: list[tuple[str, dict[str, Any]]] = []


class _Post(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got += [(self.path, alert) for alert in body["alerts"]]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Asked at the end."""


class Watched:
    """A system with its exporter, and a gateway and a clock that are started beside it."""

    def __init__(self, system: System, folder: Path, exporter: str) -> None:
        self._system, self._folder, self._stack = system, folder, ExitStack()
        self.receiver = Receiver()
        self._prometheus, self._alertmanager, self._door = (free_port() for _ in range(3))
        run = system.home.run()
        assert run is not None
        told = {name.removesuffix("-0"): url.split("/")[2] for name, url in run.metrics.items()}
        self._own = {name: f"127.0.0.1:{free_port()}" for name in ("gateway", "clock")}
        self.parts = {name: told[name] for name in ("work", "sink", "board")}
        self.parts |= self._own | {"exporter": exporter}

    def __enter__(self) -> Self:
        Thread(target=self.receiver.serve_forever, daemon=True).start()
        self._stack.callback(self.receiver.shutdown)
        self._start("clock", "--place", "nowhere")
        self.gateway = self.start_gateway()
        self._write()
        self._run(
            "prometheus-alertmanager",
            f"--config.file={self._folder / 'alertmanager.yml'}",
            f"--storage.path={self._folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self._alertmanager}",
            "--cluster.listen-address=",
        )
        self._run(
            "prometheus",
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{self._prometheus}",
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start_gateway(self) -> "subprocess.Popen[str]":
        """The gateway, also after it has ended: at the same addresses."""
        keys = keys_file(self._folder)
        return self._start("gateway", "--keys", str(keys), "--port", str(self._door))

    def _start(self, part: str, *words: str) -> "subprocess.Popen[str]":
        port = self._own[part].rpartition(":")[2]
        env = {"GRIDLOOP_METRICS_PORT": port, "HOTLINE_SIGNING_KEY": SIGNING_KEY}
        return self._run(COMMAND, part, *words, env=self._system.env | env)

    def _run(self, *words: object, env: Mapping[str, str] | None = None) -> Any:
        name = Path(str(words[0])).name
        log = self._stack.enter_context((self._folder / f"{name}.log").open("a"))
        process = subprocess.Popen([*map(str, words)], env=env, cwd=ROOT, stdout=log, stderr=log)
        self._stack.callback(process.wait, 30)
        self._stack.callback(process.terminate)
        return process

    def _write(self) -> None:
        self._folder.joinpath("rules").mkdir()
        for file in (INFRA / "prometheus" / "rules").glob("*.yml"):
            told = yaml.safe_load(file.read_text("utf-8"))
            for group in told["groups"]:
                group["interval"] = SOON
                hurried = (one for one in group["rules"] if one.get("alert") == HURRIED)
                for rule in hurried:
                    rule["for"] = SOON
            self._put(f"rules/{file.name}", told)

        told = yaml.safe_load((INFRA / "prometheus" / "prometheus.yml").read_text("utf-8"))
        told["global"] = dict.fromkeys(told["global"], SOON)
        told["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [
            f"127.0.0.1:{self._alertmanager}"
        ]
        job, _ = told["scrape_configs"]  # ours; the engine here has no metrics of a server
        (found,) = job.pop("dns_sd_configs")
        assert {*found["names"]} == {*self.parts}
        job["static_configs"] = [
            {"targets": [at], "labels": {"__meta_dns_name": name}}
            for name, at in self.parts.items()
        ]
        self._put("prometheus.yml", told | {"scrape_configs": [job]})

        text = (INFRA / "alertmanager" / "alertmanager.yml").read_text("utf-8")
        at = f"127.0.0.1:{self.receiver.server_port}"
        told = yaml.safe_load(text.replace("receiver:9095", at))
        told["route"] |= {"group_wait": SOON, "group_interval": SOON}
        self._put("alertmanager.yml", told)

    def _put(self, name: str, told: Any) -> None:
        (self._folder / name).write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")

    def ask(self, path: str, **asked: str) -> Any:
        """What Prometheus' API answers; None while it does not."""
        url = f"http://127.0.0.1:{self._prometheus}/api/v1/{path}?{urlencode(asked)}"
        with suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]
        return None

    def up(self) -> dict[str, str]:
        """How each target was found by the last scrape, by part."""
        told = self.ask("targets") or {"activeTargets": []}
        return {one["labels"]["part"]: one["health"] for one in told["activeTargets"]}

    def rules(self) -> Sequence[dict[str, Any]]:
        """Every rule as it was last evaluated."""
        told = self.ask("rules") or {"groups": []}
        return [rule for group in told["groups"] for rule in group["rules"]]

    def series(self, selector: str) -> Sequence[dict[str, str]]:
        """The labels of each series that a selector finds."""
        return self.ask("series", **{"match[]": selector}) or []

    def pages(self) -> list[str]:
        """The alerts that page, or are about to."""
        paging = [one for one in self.rules() if one.get("labels", {}).get("severity") == "page"]
        return [one["name"] for one in paging if one["alerts"]]

    def of_rules(self) -> set[Asked]:
        """What the rules ask."""
        return {(one["query"], json.dumps(one.get("annotations"))) for one in self.rules()}

    def missing(self, expression: str, words: str) -> set[str]:
        """Series that an expression names and that nothing shows, and labels that none has."""
        named = re.findall(r"(?:[\w:]*gridloop_[\w:]+|\bup\b)(?:\{.*?\})?", expression)
        found = {one: self.series(one) for one in named if one not in RARE}
        grouped = ", ".join(re.findall(r"by \((.*?)\)", expression))
        labels = {*re.findall(r"\w+", grouped)}
        labels |= {*re.findall(r"\{\{ ?(?:\$labels\.)?([a-z]\w*)", words)}
        shown = {label for series in found.values() for one in series for label in one}
        unseen = {one for one, series in found.items() if not series}
        assert named, expression
        return unseen | (labels - shown if found else set())

    def knock(self, path: str, body: bytes, **heads: str) -> int:
        """The status with which the gateway answers."""
        named = {name.replace("_", "-"): value for name, value in heads.items()}
        url = f"http://127.0.0.1:{self._door}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, named)) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code
