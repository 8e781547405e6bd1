"""Figures of the desk, which verifies, files and sends out; and of lengths in working time."""

from streams.core.figuredef import Family, Ledger, due, durations, of

DESK = of(
    Family.TIMELINESS,
    due(
        *("on_time_verification_rate", "核实按时率", "on-time verification rate", "verify"),
        ledger=Ledger.DESK,
    ),
    due("on_time_filing_rate", "按时立案率", "on-time filing rate", "file", ledger=Ledger.DESK),
    due("on_time_dispatch_rate", "按时派遣率", "on-time dispatch rate", "dispatching"),
)

LENGTHS = (
    (
        *("handling_time_working", "处置工作时长", "dispatch to handling in working time"),
        *("worked", ("dispatch", "done", "work_known"), "mean", "p50", "p90"),
    ),
    (
        *("extension_length", "延期时长", "length of extensions"),
        *("granted", ("extension", "postponed"), "mean"),
    ),
    (
        *("extension_length_working", "延期工作时长", "length of extensions in working time"),
        *("worked", ("extension", "work_known"), "mean"),
    ),
    (
        *("suspension_length", "挂账时长", "length of pauses"),
        *("begin_to_end", ("pause", "done"), "mean"),
    ),
    (
        *("suspension_length_working", "挂账工作时长", "length of pauses in working time"),
        *("worked", ("pause", "done", "work_known"), "mean"),
    ),
)
"""Of which steps each is the length, by which measure; in elapsed time unless it says otherwise."""

WORKING_TIME = of(
    Family.DURATION,
    *(
        durations(
            name, zh, en, measure, *stats, among=("not_excluded", *of_them), ledger=Ledger.STEPS
        )
        for name, zh, en, measure, of_them, *stats in LENGTHS
    ),
)
