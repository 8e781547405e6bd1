"""The page that defines the figures in words, written from the registry."""

import sys

from streams.core.predicates import PREDICATES
from streams.core.registry import COHORT, FIGURES, Figure, Ledger, Part, Unit

_HEAD = """# 指标口径 · Figures

<!-- 由指标登记表生成,请勿手改 · generated from the registry, not to be edited by hand -->

A = 截止时刻(as-of)。K = 知悉时刻(known-at):只计 ingested_at < K 的输入。
案件取其在 (A, K) 的唯一一行。
A is the as-of instant, K the known-at instant: only inputs with ingested_at < K. Each case is read
from its one row that meets (A, K).

- 每个指标只讲一个流(案件、意见建议、协商议题、风险、督查问题),默认为案件;下表的“案件”在其他流
  即意见、议题、风险、督查问题。已作决定的意见、议题视为已处置,已纠改的督查问题亦然。
  Each figure is about one flow (case, opinion, consultation, risk, supervision), by default cases;
  in another flow read opinion, topic, risk or finding for case below. What was decided counts as
  handled, and so does a finding that was put right.
- 案件类指标只统计已立案的案件;给定起止时,立案时刻在 [from, to) 内。
  Case figures are about filed cases; with from and to, filed in [from, to).
- 比率取 0 至 1;分母为 0 时为空(NULL),并始终给出分子、分母。
  Rates lie in 0..1; they are NULL when the denominator is 0, always with numerator and denominator.
- 剔除的案件退出各比率的分子与分母;`_raw` 比率保留;计数始终保留。
  Excluded cases leave numerator and denominator of every rate; `_raw` keeps them; counts always do.
- 时限未知的案件退出按期类比率的分子与分母。
  Cases with an unknown deadline leave both sides of the on-time rates.
- 可按结果(outcome)切分:已采纳、未采纳、交付表决、直接实施;未决为空。上报件没有结果与部门。
  Figures may be cut by outcome: adopted, declined, voted, implemented; none while undecided.
  Reports have neither an outcome nor a department.
"""


def figures_page() -> str:
    """Markdown: the figures, then the conditions that they are made of."""
    lines = [
        _HEAD,
        "| id | 指标 | figure | 分子 numerator | 分母 denominator | 版本 v |",
        "|---|---|---|---|---|---|",
        *(_row(figure) for figure in FIGURES.values()),
        "",
        "## 条件 · Conditions",
        "",
        "| id | 含义 | meaning |",
        "|---|---|---|",
        *(f"| `{id_}` | {named.zh} | {named.en} |" for id_, named in PREDICATES.items()),
        "",
    ]
    return "\n".join(lines)


def _row(figure: Figure) -> str:
    cells = [f"`{figure.id}`", figure.zh, figure.en, *_sides(figure), str(figure.version)]
    return f"| {' | '.join(cells)} |"


def _sides(figure: Figure) -> tuple[str, str]:
    if figure.ledger is Ledger.REPORTS:
        return "上报时刻早于 A 的上报件(不论案件是否作废) · reports with occurred_at < A", ""
    if figure.needs:
        return f"空:尚缺{figure.needs} · NULL until given", ""
    denominator = "" if figure.unit is Unit.COUNT else _words(figure.denominator or ())
    return _words(figure.numerator), denominator


def _words(part: Part) -> str:
    return " + ".join(f"`{name}`" for name in (COHORT, *part))


if __name__ == "__main__":
    sys.stdout.write(figures_page())
