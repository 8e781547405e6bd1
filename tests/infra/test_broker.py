"""The embedded broker's promises, on the real one: it answers, keeps its data, leaves nothing."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from kafka import KafkaConsumer

from infra.embedded import jars
from infra.embedded.broker import Broker, running_broker
from infra.embedded.home import Home
from infra.embedded.supervise import Part, Supervisor

pytestmark = pytest.mark.broker

CODECS = ("gzip", "snappy", "lz4", "zstd")
RECORDS = [b"%d " % number + "网格上报".encode() for number in range(1_000)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with letters that a JVM in a C locale cannot name by itself."""
    place = tmp_path / "网格 home"
    place.mkdir()
    return place


async def make(broker: Broker, *topics: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1) for topic in topics])
    await admin.close()


async def write(broker: Broker, topic: str, codec: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.address, compression_type=codec)
    async with producer:
        sent = [await producer.send(topic, value) for value in RECORDS]
        await asyncio.gather(*sent)


async def read(broker: Broker, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker.address, auto_offset_reset="earliest"
    )
    async with consumer, asyncio.timeout(20):
        return [(await consumer.getone()).value for _ in RECORDS]


async def test_records_of_every_codec_survive_a_clean_and_a_hard_end(home: Path):
    with running_broker(home) as broker:
        await make(broker, *CODECS)
        for codec in CODECS:
            await write(broker, codec, codec)
            assert await read(broker, codec) == RECORDS
        first = (broker.address, broker.cluster_id)

    part = Part("kafka", broker.command(), env=broker.env(), ready=broker.ready)
    with Supervisor(Home(home), [part]) as kept:
        assert await read(broker, "gzip") == RECORDS
        os.kill(kept.part("kafka").pid, signal.SIGKILL)
        deadline = monotonic() + 60
        while not (kept.part("kafka").restarts and kept.part("kafka").state == "ready"):
            assert monotonic() < deadline
            await asyncio.sleep(0.05)
        for codec in CODECS:
            assert await read(broker, codec) == RECORDS
        assert (broker.address, broker.cluster_id) == first


def test_it_listens_on_this_machine_only_and_stays_small(home: Path):
    with running_broker(home) as broker:
        port = int(broker.address.split(":")[1])
        (jvm,) = (
            child
            for child in psutil.Process().children()
            if any(str(home) in word for word in child.cmdline())
        )
        listening = [c.laddr for c in jvm.net_connections() if c.status == psutil.CONN_LISTEN]
        assert port in {address.port for address in listening}
        assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
        assert jvm.memory_info().rss < 450_000_000
    assert not jvm.is_running()


def test_a_port_that_somebody_took_is_replaced_and_else_kept(home: Path):
    broker = Broker(home)
    broker.prepare()
    before = broker.address
    broker.prepare()
    assert broker.address == before
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(before.split(":")[1])))
        other.listen()
        broker.prepare()
        assert broker.address != before


def test_a_topic_nobody_declared_does_not_appear(home: Path):
    with running_broker(home) as broker:
        consumer = KafkaConsumer(bootstrap_servers=broker.address)
        assert consumer.partitions_for_topic("gridloop.reprots.v1") == set()
        consumer.close()


@pytest.fixture
def real() -> Path:
    """The cache that this machine uses, filled."""
    jars.fetch(print)
    return jars.cache_folder() / "jars"


@pytest.fixture
def cache(real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own with the same jars in it."""
    for jar in jars.pinned():
        (tmp_path / "cache" / "jars" / jar.path).parent.mkdir(parents=True)
        (tmp_path / "cache" / "jars" / jar.path).symlink_to(real / jar.path)
    monkeypatch.setenv("GRIDLOOP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def mirror(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ThreadingHTTPServer]:
    """A repository on this machine with the jars of the cache, named in the user's settings."""
    serve = partial(SimpleHTTPRequestHandler, directory=str(cache / "jars"))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings = tmp_path / "jgo.conf"
        settings.write_text(f"[repositories]\nown = http://127.0.0.1:{server.server_port}\n")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(settings))
        monkeypatch.setenv("GRIDLOOP_CACHE", str(tmp_path / "empty"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server
        server.shutdown()


def alter(path: Path) -> None:
    """Another byte in the middle, in a file of its own."""
    altered = bytearray(path.read_bytes())
    altered[len(altered) // 2] ^= 1
    path.unlink()
    path.write_bytes(altered)


def test_a_jar_with_other_bytes_is_never_run(cache: Path):
    jar = jars.pinned()[0]
    assert len(jars.class_path()) == len(jars.pinned())
    alter(cache / "jars" / jar.path)
    with pytest.raises(jars.JarsUnavailable, match=jar.coordinate):
        jars.class_path()


@pytest.mark.usefixtures("mirror")
def test_an_empty_cache_is_filled_and_what_was_cut_short_fetched_anew(tmp_path: Path):
    first = tmp_path / "empty" / "jars" / jars.pinned()[0].path
    first.parent.mkdir(parents=True)
    first.write_bytes(b"half a jar")
    said: list[str] = []
    assert len(jars.fetch(said.append)) == len(jars.pinned())
    assert len(said) == len(jars.pinned()) + 2


@pytest.mark.usefixtures("mirror")
def test_what_a_repository_has_altered_is_refused_and_not_kept(cache: Path, tmp_path: Path):
    jar = jars.pinned()[3]
    alter(cache / "jars" / jar.path)
    with pytest.raises(jars.JarsUnavailable, match=f"{jar.coordinate}: its bytes are not those"):
        jars.fetch(print)
    assert not (tmp_path / "empty" / "jars" / jar.path).exists()


def test_a_full_cache_asks_no_network(cache: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    said: list[str] = []
    assert len(jars.fetch(said.append)) == len(jars.pinned())
    assert said == []
