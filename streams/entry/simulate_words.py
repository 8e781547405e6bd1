"""Words of simulated reports: sentences of our own round the words of a place's own matters."""

from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself

import msgspec

from streams.core.place import PlaceRules
from streams.core.plain import plain
from streams.entry.simulate_shares import one_of, whole

SPOTS = (
    *("东门口", "南侧路口", "{n}号楼下", "{n}栋一单元", "小学北侧", "集贸点西头", "公交站旁"),
    *("河堤步道", "村口牌坊边", "{n}巷内", "篮球场对面", "文化广场一角", "老戏台后面", "祠堂门前"),
    *("{n}号铺门外", "天桥底", "祥和路中段", "新风路与二横路交汇处", "{n}队晒谷坪", "凉亭附近"),
    *("北环辅道", "卫生站斜对面", "工业园{n}号厂房外", "码头边", "加装梯旁", "便民服务点门口"),
)
EFFECTS = (
    *("影响附近居民出行", "已经有{n}天了", "老人小孩经过很不方便", "街坊多次提起", "早晚更明显"),
    *("之前处理过又出现", "看着让人担心", "周边几户都受影响", "雨后更厉害", "夜里尤其突出"),
    *("来往的人都要绕着走", "一直没见好转", "隔壁几家也有同样意见", "拍了照片可以提供"),
)
ASKS = (
    *("请尽快派人来看", "希望有关部门核实处理", "盼望早日解决", "请给个答复", "麻烦上门了解一下"),
    *("请安排处理", "希望本周内有结果", "请跟进", "望重视", "恳请协调解决"),
)
ENDS = (
    *(
        "已现场劝导",
        "已拍照留存",
        "现场暂无人看管",
        "已设临时提示",
        "待主管单位到场",
        "已通知片区组长",
    ),
    *("当事人不在现场", "情况较上次加重", "涉及约{n}平方米", "附近已做警示"),
)
SCENES = ("道路", "广场", "河道", "集贸点", "校园周边", "园区", "村道", "公园")

SENTENCES = {
    "hotline": (
        "市民反映{where}有{term}的情况，{effect}，{ask}。",
        "来电人称{where}存在{term}，{effect}。{ask}。",
        "群众来电：{where}{term}，{ask}。",
        "诉求人反映，{where}{term}，{effect}，曾向物管反映未果，{ask}。",
    ),
    "gridworker": (
        "巡查至{where}，发现{term}，{end}。",
        "{where}发现{term}，{effect}，{end}。",
        "日常巡查：{where}有{term}，{end}，{ask}。",
        "入户走访得知{where}{term}，{effect}，{end}。",
    ),
    "patrol": (
        "视频巡查发现{where}{term}，已持续约{n}分钟。",
        "画面显示{where}有{term}，{effect}。",
        "轮巡点位{where}：{term}。",
    ),
    "citizen": (
        "{where}{term}，{effect}，{ask}。",
        "我是附近住户，{where}有{term}，{ask}！",
        "{where}又见{term}，{effect}。",
        "想反映一下{where}的{term}，{effect}，{ask}。",
    ),
}
VAGUE = (
    "{where}这边的事说了好几回，{effect}，{ask}。",
    "还是上次那个问题，就在{where}，{ask}。",
    "{where}有点情况，电话里说不清楚，{ask}。",
    "大家对{where}意见很大，{effect}，{ask}。",
)
FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"


class Words(msgspec.Struct, frozen=True, eq=False):
    """What a place's reports are put together from: no word of a matter but the one meant."""

    spots: tuple[str, ...]
    effects: tuple[str, ...]
    asks: tuple[str, ...]
    ends: tuple[str, ...]

    @staticmethod
    def of(rules: PlaceRules) -> "Words":
        """The words that say nothing of any matter of this place."""
        telling = {plain(word) for matter in rules.matters.values() for word in matter.words}
        telling |= {plain(word) for matter in rules.matters.values() for word in matter.not_terms}

        def neutral(words: tuple[str, ...]) -> tuple[str, ...]:
            kept = (word for word in words if not any(term in plain(word) for term in telling))
            return tuple(kept) or ("此处",)

        return Words(neutral(SPOTS), neutral(EFFECTS), neutral(ASKS), neutral(ENDS))

    def somewhere(self, area: str, rng: Random) -> str:
        """Some spot of an area, in words that no gazetteer knows."""
        return area + one_of(self.spots, rng).format(n=whole(2, 60, rng))

    def sentence(self, source: str, where: str, term: str | None, rng: Random) -> str:
        """One report's text; without a term a vague one, of which no matter can be told."""
        form = one_of(SENTENCES[source] if term else VAGUE, rng)
        number = whole(2, 60, rng)
        return form.format(
            where=where,
            term=term,
            effect=one_of(self.effects, rng).format(n=number),
            ask=one_of(self.asks, rng),
            end=one_of(self.ends, rng).format(n=number),
            n=number,
        )


def name_of(rng: Random) -> str:
    """An invented requester: no person, and seen to be none."""
    return f"{one_of(FAMILY, rng)}某{one_of(('', '某'), rng)}"


def phone_of(rng: Random) -> str:
    """An invented mobile number, and seen to be one."""
    return f"13800000{whole(0, 1000, rng):03d}"


def id_number_of(rng: Random) -> str:
    """An invented ID number, of a province that there is not."""
    return f"99000019000101{whole(0, 10_000, rng):04d}"
