"""The figures for a reader: the pairs, the chain, the live case, an act's cost."""

from rich.console import Console
from rich.table import Table

from tests.bench.act import Cost
from tests.bench.chain import Whole
from tests.bench.live import Live
from tests.bench.pairs import Pair, Side, Spread
from tests.bench.reading import Reading

AIM = 0.5
WIDTH = 130
"""A narrower screen breaks lines; figures cut short would be worse."""


def show(pairs: list[Pair], whole: Whole, live: Live | None, act: Cost, reading: Reading) -> None:
    """Print them to standard output."""
    console = Console()
    console.width = max(console.width, WIDTH)
    console.print(_pairs(pairs))
    console.print(_whole(whole))
    if live is not None:
        console.print(_live(live))
    console.print(
        f"一个动作 one act of a case, CPU µs, median (p99): fold {act.fold_median:g}"
        f" ({act.fold_p99:g}), with its rows {act.revision_median:g} ({act.revision_p99:g})"
    )
    console.print(_reading(reading))


def _pairs(pairs: list[Pair]) -> Table:
    title = (
        f"各段 each stage beside its step in a bare loop, records/s: median (min-max); aim {AIM:g}"
    )
    table = Table(title=title)
    table.add_column("段 stage", no_wrap=True)
    for name in ("记录 records", "本品 ours", "裸循环 bare", "比 ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("CPU µs/record", "CPU ratio", "内存 peak MB"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in pairs:
        table.add_row(
            pair.stage,
            f"{pair.records:,}",
            _spread(pair.hop.records_per_second),
            _spread(pair.bare.records_per_second),
            f"{pair.ratio:.2f}",
            f"{pair.hop.cpu_us_per_record:.0f} / {pair.bare.cpu_us_per_record:.0f}",
            f"{pair.cpu_ratio:.2f}",
            f"{_mega(pair.hop)} / {_mega(pair.bare)}",
        )
    return table


def _spread(rates: Spread) -> str:
    return f"{rates.median:,.0f} ({rates.min:,.0f}-{rates.max:,.0f})"


def _mega(side: Side) -> str:
    return f"{side.peak_rss_bytes / 1e6:.0f}"


def _whole(whole: Whole) -> Table:
    chain = whole.chain
    table = Table(title="全链路 the whole chain, sending to rows", show_header=False)
    bare = ", ".join(f"{name} {seconds:.1f}" for name, seconds in whole.bare_seconds.items())
    cpu = ", ".join(f"{name} {seconds:.1f}" for name, seconds in chain.cpu_seconds.items())
    table.add_row("上报 reports/s", f"{chain.reports_per_second:,.0f} ({chain.reports:,} reports)")
    table.add_row("记录 records/s", f"{chain.records_per_second:,.0f} ({chain.records:,} records)")
    table.add_row(
        "裸循环之和 bare, one stage after the other", f"{whole.bare_records_per_second:,.0f}"
    )
    table.add_row(f"比 ratio (aim {AIM:g})", f"{whole.ratio:.2f}")
    table.add_row("秒 seconds", f"{chain.seconds:.1f}; bare: {bare}")
    table.add_row("CPU s", cpu)
    table.add_row("内存 peak MB, all parts", f"{chain.peak_rss_bytes / 1e6:,.0f}")
    return table


def _reading(reading: Reading) -> Table:
    table = Table(
        title="分类 saying what a text is about, texts/s and core; at the door, CPU µs a report: "
        f"words {reading.door_terms:.0f}, one in ten by model {reading.door_model:.0f}"
        f" (x {reading.ratio:.2f}, at most 2)"
    )
    for name in ("字 letters", "词 terms", "模型 model", "点名 words named"):
        table.add_column(name, justify="right")
    for one in reading.speeds:
        table.add_row(
            str(one.letters), *(f"{rate:,.0f}" for rate in (one.terms, one.model, one.named))
        )
    return table


def _live(live: Live) -> Table:
    table = Table(
        title=f"实时 live: {live.records:,} records one by one, {live.per_second:g}/s",
        show_header=False,
    )
    for name, spot in (
        ("接入 to the intake log", live.to_intake),
        ("事实 to its fact", live.to_fact),
        ("入库 to its fact stored", live.to_stored),
    ):
        table.add_row(name, f"p50 {spot.p50:,.0f} ms, p99 {spot.p99:,.0f} ms")
    sizes = ", ".join(f"{hop} {size:.2f}" for hop, size in live.records_per_chunk.items())
    cpu = ", ".join(f"{name} {one:.2f}" for name, one in live.cpu_ms_per_record.items())
    idle = ", ".join(f"{name} {one:.1f} %" for name, one in live.idle_cpu_percent.items())
    table.add_row("每块记录 records per chunk", sizes)
    table.add_row("worker CPU ms per chunk", f"{live.cpu_ms_per_chunk:.2f}")
    table.add_row("CPU ms per record sent", cpu)
    table.add_row("空闲 idle CPU", idle)
    return table
