"""The broker's own settings, for one machine and one user, and the file that it reads them from."""

from collections.abc import Mapping
from pathlib import Path

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # Topics are declared in one place of the project; a misspelt one must not appear by itself.
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Few partitions, threads and small buffers: one machine, one user.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "group.coordinator.threads": "1",
    "share.coordinator.threads": "1",
    "num.recovery.threads.per.data.dir": "2",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "log.segment.bytes": "67108864",
    "log.index.size.max.bytes": "1048576",
    "log.preallocate": "false",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "6000",
    # A machine that was off for weeks must find its groups where it left them.
    "offsets.retention.minutes": "525600",
}


def write(path: Path, settings: Mapping[str, str]) -> None:
    """Write them as a Java properties file."""
    lines = (f"{key}={_escaped(value)}\n" for key, value in settings.items())
    path.write_text("".join(lines), encoding="ascii")


def _escaped(value: str) -> str:
    """A value of a Java properties file, which knows Latin-1 and escapes only."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)
