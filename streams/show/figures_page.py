"""The page that defines the figures in words, written from the registry."""

import sys
from collections.abc import Iterable

from streams.core.measures import MEASURES
from streams.core.predicates import OF_CALLS, OF_CASES, OF_REPORTS, OF_STEPS, PREDICATES, Predicate
from streams.core.query import FIELDS
from streams.core.registry import COHORTS, FAMILIES, FIGURES, Family, Figure, Ledger, Part, Unit
from streams.core.slotfigures import OF_SLOTS, ROUNDS, SHARES, Share, SlotCondition
from streams.show.rates import FAMILY_NAMES

_HEAD = """# 指标口径 · Figures

<!-- 由指标登记表生成,请勿手改 · generated from the registry, not to be edited by hand -->

A = 截止时刻(as-of)。K = 知悉时刻(known-at):只计 ingested_at < K 的输入。
案件取其在 (A, K) 的唯一一行。
A is the as-of instant, K the known-at instant: only inputs with ingested_at < K. Each case is read
from its one row that meets (A, K).

- 每个指标只讲一个流(案件、意见建议、协商议题、风险、督查问题、志愿服务),默认为案件;下表的“案件”
  在其他流即意见、议题、风险、督查问题、点单。已作决定的意见、议题视为已处置,已纠改的督查问题亦然。
  Each figure is about one flow (case, opinion, consultation, risk, supervision, volunteer), by
  default cases; in another flow read opinion, topic, risk, finding or order for case below. What
  was decided counts as handled, and so does a finding that was put right.
- 台账:案件 `cases`(给定起止时,立案时刻在 [from, to) 内);结转案件 `carried`(from 之前立案,
  其时尚未最终结案;未给 from 则为空);环节 `steps`(已立案案件的环节,开始时刻在 [from, to) 内);
  上报件 `reports`(上报时刻在 [from, to) 内);受理环节 `desk`(立案之前的限时核实、限时立案,
  开始时刻在 [from, to) 内:不论其后是否立案,作废者除外,核实后不予受理者仍计)。
  Ledgers: cases (with from and to, filed in [from, to)); carried (filed before from and not closed
  for good by then; none without from); steps of filed cases (begun in [from, to)); reports
  (reported in [from, to)); desk: timed verifications and filings (begun in [from, to)), whether or
  not the case was ever filed; void cases out, those rejected in, for they were to be verified too.
- 按时类比率的分母为已完成者,加上时限已过而未完成者:逾期未立案不因其未立案而不见。
  An on-time rate is of what was done, and of what ran out undone: what is filed too late, or never,
  is not hidden by not being filed.
- 应巡 `slots`:一项计划、一个对象、一个时间窗 [start, end),以其开始时所行规则为准;开始时刻不早于
  from、到 A 已结束者计入,未结束者不计;摄像头离线不算看过,仍在分母。迟到的轮次按 K 补计。以
  `gridloop rounds --figure` 查询;与剔除无关,故无 `_raw`。
  Slots: one schedule, one subject, one window [start, end), by the rules in force as it begins;
  counted are those that begin at from or later and are over at A. What was offline was not looked
  at and stays in the denominator. Rounds that come late count by K. `gridloop rounds --figure` asks
  for them; no case is excluded from them, so there are no `_raw` twins.
- 呼入电话 `calls`:A 之前呼入、呼入时刻在 [from, to) 内者;不属任何流,与剔除无关,故无 `_raw`。
  可按地方、线路(`channel`)、街镇、片区与时间切分。15 秒出自 GB/T 33358-2016,该标准另要求 24 小时
  接通率不低于 95 %。
  Calls: offered before A and in [from, to); of no flow, and none is excluded, so there are no
  `_raw` twins. They are cut by place, line (`channel`), street, area and by time. The 15 s are
  those of GB/T 33358-2016, which also asks for 95 % of the calls of 24 hours to be connected.
- 环节按其自身的部门、自身开始之日切分,其余按案件;案件按其在 A 的牵头部门切分。
  Steps are cut by their own department and the day they began, else by their case; cases by their
  lead department at A.
- 片区可逐级汇总:`--by area --level street` 按当地片区树的这一层级切分,位于其上者为空;
  `--within 代码` 只计该片区及其以下。以上报时的片区树为准,日后改树不改旧案;
  树上没有的片区,只知其本身与所给街镇。汇总的比率由其下全部案件算出,不是各片区比率的平均。
  Areas are summed up on a level of the place's tree (`--by area --level street`; what lies above
  it under null); `--within CODE` counts only what lies in an area or below it. The tree of the
  instant of reporting holds, so a later tree moves no case; of an area that no tree has, only
  itself and the street given with it are known. A rate that is summed up is of all cases below,
  never a mean of rates.
- 上报人类型、端口、市民上报类别、网格与片区类型在上报时定,案件取首件的,此后不变。
  热线的端口是其号码;群众(`public`)指热线与市民;摄像头、检查没有前三项,导入的工单全没有。
  Reporter kind, channel, citizens' kind and the kinds of grid and area are told as something is
  reported and are its case's for good, by its first report. A hotline's channel is its line;
  `public` stands for hotline and citizens; cameras and checks have none of the first three,
  imported tickets none at all.
- 比率取 0 至 1;分母为 0 时为空(NULL),并始终给出分子、分母。
  Rates lie in 0..1; they are NULL when the denominator is 0, always with numerator and denominator.
- 时长以秒计,为自然时间(24×7);JSON 中 denominator 为件数,numerator 为空;百分位取第 ⌈p·n⌉ 个。
  以 `worked` 计者为工作时间,按其时限所用日历(处置按承办部门的,挂账、延期按当地的),扣除挂账;
  不知日历者不计;显示为天时,一天为 24 个工作小时。
  Durations are seconds of elapsed time (24×7); in JSON the denominator is how many they are of, the
  numerator null; a percentile is the ⌈p·n⌉-th of n sorted values. Those measured by `worked` are
  seconds of working time, on the calendar by which they are timed (handling: the department's own,
  pauses and extensions: the place's), pauses left out; without a calendar they are not counted.
  Shown in days, a day is 24 hours of work.
- 剔除的案件退出各比率与时长;`_raw` 比率保留;计数始终保留。
  Excluded cases leave every rate and duration; `_raw` rates keep them; counts always do.
- 时限未知的案件退出按期类比率的分子与分母;无时限的环节不计入按时类比率。
  Cases with an unknown deadline leave both sides of the on-time rates, as do steps without a limit.
- 得分是各比率按当地概况 `scores` 的权重加权之和;未定权重,或其中一项为空,则为空。
  A score is the sum of rates by the `scores` of the place's profile; NULL without them, or where
  one of the rates is NULL.
- 未指明指标时给出标 ● 者;`--figure all` 给出全部,也可写类名(如 `--figure hotline`)。
  Where no figure is named those marked ● are answered; `--figure all` gives all of them, the name
  of a family (as `--figure hotline`) its own.
"""

_NAMED = (
    ("案件 · Of a case", OF_CASES),
    ("环节 · Of a step", OF_STEPS),
    ("上报件 · Of a report", OF_REPORTS),
    ("呼入电话 · Of a call", OF_CALLS),
)


def figures_page() -> str:
    """Markdown: the figures by family, then the conditions and measures that they are made of."""
    lines = [
        _HEAD,
        f"可切分维度 · fields to cut by: {', '.join(f'`{name}`' for name in FIELDS)}。",
        "",
    ]
    for family, names in FAMILIES.items():
        lines += _family(family, [FIGURES[name] for name in names])
    lines += _family(Family.ROUNDS, ROUNDS)
    lines += ["## 条件 · Conditions", ""]
    for title, named in _NAMED:
        lines += [f"### {title}", "", "| id | 含义 | meaning |", "|---|---|---|"]
        lines += [*(_condition(id_, PREDICATES[id_]) for id_ in named), ""]
    lines += ["### 应巡 · Of a slot", "", "| id | 含义 | meaning |", "|---|---|---|"]
    lines += [*(_condition(id_, one) for id_, one in OF_SLOTS.items()), ""]
    lines += ["## 应巡的量 · Measures of slots", ""]
    lines += ["| id | 完成 | 应完成 | done | asked |", "|---|---|---|---|---|"]
    lines += [_share(id_, one) for id_, one in SHARES.items()]
    lines += ["", "## 时长 · Measures", "", "| id | 含义 | meaning |", "|---|---|---|"]
    lines += [f"| `{id_}` | {one.zh} | {one.en} |" for id_, one in MEASURES.items()]
    return "\n".join([*lines, ""])


def _family(family: str, figures: Iterable[Figure]) -> list[str]:
    return [
        f"## {FAMILY_NAMES[family]} · `{family}`",
        "",
        "| id | 指标 | figure | 台账 ledger | 分子 numerator | 分母 denominator | ● | v |",
        "|---|---|---|---|---|---|---|---|",
        *map(_row, figures),
        "",
    ]


def _share(id_: str, one: Share) -> str:
    return f"| `{id_}` | {one.zh_done} | {one.zh_asked} | {one.en_done} | {one.en_asked} |"


def _condition(id_: str, named: Predicate | SlotCondition) -> str:
    return f"| `{id_}` | {named.zh} | {named.en} |"


def _row(figure: Figure) -> str:
    usual = "●" if figure.usual else ""
    cells = [f"`{figure.id}`", figure.zh, figure.en, f"`{figure.ledger.value}`", *_sides(figure)]
    return f"| {' | '.join([*cells, usual, str(figure.version)])} |"


def _sides(figure: Figure) -> tuple[str, str]:
    if figure.unit is Unit.SCORE:
        return "加权之和 · weighted sum", ""
    if figure.ledger is Ledger.SLOTS:
        among = f"(`{figure.measure}`): {_named(figure.denominator or ())}"
        return f"完成 done{among}", f"应完成 asked{among}"
    among = _words(figure, figure.denominator or ())
    if figure.unit is Unit.DURATION:
        return f"{figure.stat}(`{figure.measure}`)", among
    return _words(figure, figure.numerator), "" if figure.denominator is None else among


def _words(figure: Figure, part: Part) -> str:
    """The conditions; a report counts whatever became of its case."""
    every = "全部呼入 · all calls" if figure.ledger is Ledger.CALLS else "全部上报件 · all reports"
    return _named((*COHORTS[figure.ledger], *part)) or every


def _named(part: Part) -> str:
    return " + ".join(f"`{name}`" for name in part)


if __name__ == "__main__":
    sys.stdout.write(figures_page())
