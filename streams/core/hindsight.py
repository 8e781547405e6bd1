"""Figures of what turned out wrong later: by machine, on patrol, after a closing."""

from streams.core.figuredef import Family, Ledger, of, rate

REPORTS = Ledger.REPORTS

HINDSIGHT = of(
    Family.QUALITY,
    rate(
        *("false_merge_rate", "误合并率", "merged by the machine, split by people"),
        having=("regrouped",),
        among=("linked",),
        ledger=REPORTS,
    ),
    rate(
        *("missed_merge_rate", "漏合并率", "kept apart by the machine, merged by people"),
        having=("regrouped",),
        among=("kept_apart",),
        ledger=REPORTS,
    ),
    rate(
        *("classify_accuracy", "分类准确率", "matters said by the machine that stand"),
        having=("matter_stands",),
        among=("opened", "by_machine"),
        ledger=REPORTS,
    ),
    rate(
        *("abstain_rate", "弃权率", "matters that the machine left to people"),
        having=("abstained",),
        among=("asked_of_machine",),
        ledger=REPORTS,
    ),
    rate(
        *("video_precision", "视频告警准确率", "cameras' findings confirmed of those judged"),
        having=("confirmed",),
        among=("judged",),
        ledger=REPORTS,
    ),
    rate(
        *("missed_report_rate", "漏报率", "a patrol's matters that the public reported"),
        having=("missed_report",),
        among=("visibility_known",),
    ),
    rate(
        *("recurrence_rate", "复发率", "closed, and back as a new case"),
        having=("recurred",),
        among=("recurrence", "ran_out", "still_closed"),
        ledger=Ledger.STEPS,
    ),
)
