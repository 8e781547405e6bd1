"""Hops on a real broker: nothing is lost, whatever ends, joins, freezes or breaks."""

import asyncio
import os
import shutil
import signal
from functools import partial
from itertools import pairwise
from time import sleep
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaAdminClient, TopicPartition
from kafka_world import World, numbers, stop, tell

pytestmark = [pytest.mark.broker, pytest.mark.timeout(150)]


def test_offsets_are_committed_to_the_very_end(world: World) -> None:
    """A clean run and a clean stop leave nothing unread, and nothing to be read again."""
    world.send(numbers(200, 1, 50))
    worker = world.work()
    world.settle(worker)
    world.until(lambda: world.health("one").behind == 0, [worker])
    health = world.health("one")
    mine = [(world.topic("in"), number) for number in range(4)]

    assert (health.ready, health.records, list(health.partitions)) == (True, 200 * 50, mine)
    assert stop(worker) == 0, world.logs()
    assert world.last_numbers() == {b"k%d" % key: 50 for key in range(200)}
    assert len(world.read("out")) == 200 * 50


def test_a_step_that_fails_ends_the_process_and_loses_nothing(world: World) -> None:
    """The exit code is not 0, the failing chunk stays uncommitted, a restart goes on with it."""
    world.send([*numbers(100, 1, 30), (b"k7", b"31 bad"), *numbers(6, 31, 31)])
    failing = world.work(raise_at=b"31 bad")

    assert failing.wait(60) not in (0, -signal.SIGKILL)
    world.settle(world.work())
    more = {*range(6), 7}
    assert world.last_numbers() == {b"k%d" % k: 31 if k in more else 30 for k in range(100)}


@pytest.mark.chaos
def test_state_survives_kills_and_the_loss_of_its_disk(world: World) -> None:
    """From what stands on disk and in the changelog, and then from the changelog alone."""
    for round_, disk_is_lost in ((0, False), (1, True)):
        world.send(numbers(300, 20 * round_ + 1, 20 * round_ + 20))
        worker = world.work(pause_s=0.05)
        world.until(partial(_kept_since, world, len(world.read("state"))), [worker])
        worker.kill()
        worker.wait()
        if disk_is_lost:
            shutil.rmtree(world.folder / "one")
    world.settle(world.work())

    assert world.last_numbers() == {b"k%d" % key: 40 for key in range(300)}


def _kept_since(world: World, before: int) -> bool:
    return len(world.read("state")) > before


@pytest.mark.chaos
def test_workers_may_join_and_leave_in_full_flow(world: World) -> None:
    """No number is lost and none sent twice: what is at work is finished and committed first."""
    world.send(numbers(100, 1, 100))
    one = world.work("one", pause_s=0.05)
    world.until(lambda: bool(world.read("out")), [one])
    two = world.work("two", pause_s=0.05)
    for first in range(101, 501, 50):
        world.send(numbers(100, first, first + 49))
    world.until(lambda: "Worker ready" in (world.folder / "two.log").read_text(), [one, two])
    assert stop(one) == 0, world.logs()
    world.settle(two)

    assert world.last_numbers() == {b"k%d" % key: 500 for key in range(100)}
    assert len(world.read("out")) == 100 * 500


@pytest.mark.chaos
def test_a_frozen_worker_does_no_harm_when_it_thaws(world: World) -> None:
    """It wakes between deciding and sending, long after its successor has gone on."""
    world.send(numbers(50, 1, 10))
    frozen = world.work("frozen", freeze_at=b"10")
    world.until((world.folder / "frozen" / "frozen").exists, [frozen])
    world.send(numbers(50, 11, 20))
    successor = world.work("successor")
    world.settle(successor)
    tell(frozen, signal.SIGCONT)
    for first in (21, 31):
        world.send(numbers(50, first, first + 9))
        while world.lag():
            if successor.poll() is not None:  # it has noticed a stranger's write
                successor = world.work("successor")
            sleep(0.2)
    for worker in (frozen, successor):
        worker.kill()
        worker.wait()
        shutil.rmtree(world.folder / ("frozen" if worker is frozen else "successor"))

    world.send(numbers(50, 41, 41))
    world.settle(world.work("third"))
    assert world.last_numbers() == {b"k%d" % key: 41 for key in range(50)}


def test_gaps_in_the_offsets_are_no_backlog(world: World) -> None:
    """Deleted records and transactions' markers, at the very end too: all is committed."""
    world.send(numbers(40, 1, 10))
    admin = KafkaAdminClient(bootstrap_servers=world.address)
    admin.delete_records({TopicPartition(world.topic("in"), n): 7 for n in range(world.partitions)})
    admin.close()
    asyncio.run(_in_transactions(world, rounds=5))
    world.settle(world.work(state=None))

    sent = [record.value for record in world.read("out")]
    assert len(sent) == 40 * 10 - 4 * 7 + 5 * 4  # what was aborted is not read


async def _in_transactions(world: World, rounds: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=world.address, transactional_id=world.id)
    async with producer:
        for number in range(rounds):
            for part in range(2):
                await producer.begin_transaction()
                for partition in range(world.partitions):
                    await producer.send(world.topic("in"), b"%d" % number, b"t", partition)
                await (producer.commit_transaction if part else producer.abort_transaction)()


def test_a_record_larger_than_a_batch_passes(world: World) -> None:
    """Larger than a batch, than a fetch and than a chunk, between two small ones."""
    for name in ("wide", "wider"):
        world.create(name, max_message_bytes="8388608")
    large = b"2 " + os.urandom(5_000_000)
    world.send([(b"k1", b"1"), (b"k1", large), (b"k1", b"3")], to="wide")
    wide: dict[str, Any] = {"inputs": [world.topic("wide")], "state": None}
    world.settle(world.work(out=world.topic("wider"), **wide), name="wide")

    assert [record.value for record in world.read("wider")] == [b"1", large, b"3"]


def test_every_codec_and_every_poison_passes_from_hop_to_hop(world: World) -> None:
    """Records of all codecs arrive; what is no number comes out as a dead letter, all of it."""
    world.create("between")
    for at, codec in enumerate((None, "gzip", "snappy", "lz4", "zstd")):
        world.send(numbers(20, 10 * at + 1, 10 * at + 10), compression_type=codec)
    world.send([(b"p%d" % n, b"\xff{%d" % n) for n in range(10_000)] + [(b"q", None)])
    worker = world.work(relay=world.topic("between"))
    world.settle(worker)
    world.settle(worker, name="between")

    assert world.last_numbers() == {b"k%d" % key: 50 for key in range(20)}
    assert len({record.key for record in world.read("dead")}) == 10_001


def test_a_busy_partition_beside_idle_ones_never_stands_still(world: World) -> None:
    """Full buffers are refilled as soon as there is room: no pause of a second anywhere."""
    world.send([(b"hot", b"%d %s" % (n, os.urandom(90).hex().encode())) for n in range(1, 60_001)])
    world.settle(world.work(pause_s=0.02))

    times = sorted({record.timestamp for record in world.read("out")})
    assert max(b - a for a, b in pairwise(times)) < 900


def test_a_drain_may_acknowledge_late_and_in_any_order(world: World) -> None:
    """What it has not acknowledged when it is killed comes again; in the end all is committed."""
    world.send(numbers(100, 1, 200))
    one = world.work(drain=True, pause_s=0.1)
    world.until((world.folder / "one.txt").exists, [one])
    one.kill()
    one.wait()
    world.send(numbers(100, 201, 210))
    two = world.work(drain=True)
    world.settle(two)

    assert stop(two) == 0, world.logs()
    lines = set((world.folder / "one.txt").read_bytes().splitlines())
    assert lines == {b"%s %s" % line for line in numbers(100, 1, 210)}


def test_topics_that_do_not_match_stop_the_start(world: World) -> None:
    """State of another number of partitions would end up in the wrong ones."""
    world.create("narrow", partitions=3)
    world.send(numbers(10, 1, 1))
    worker = world.work(state=world.topic("narrow"))

    assert worker.wait(60) != 0
    assert "Mispartitioned" in world.logs()
    assert world.lag() == 10
