"""An invented town with matters, areas, departments and limits, for tests of the way in."""

from streams.core.place import Area, Category, Department, Duty, LimitRule, Matter, PlaceRules
from tests.core.office import CN

AREAS = [
    Area(code="town", name="云溪镇", level="city"),
    Area(code="east", name="东街道", level="street", parent="town"),
    Area(
        code="e-01", name="桥头社区", level="community", parent="east", grids=("e-01-1", "e-01-2")
    ),
    Area(code="e-02", name="塘尾村", level="community", parent="east"),
    Area(code="w-01", name="西坡社区", level="community", parent="town", grids=("w-01-1",)),
    Area(code="none", name="待定片区", level="community", parent="town"),
]
MATTERS = [
    Matter("rubbish", "垃圾堆放", "rubbish", "city", ("垃圾堆放", "乱倒垃圾", "堆积杂物")),
    Matter("lamp", "路灯不亮", "street lamp", "city", ("路灯不亮", "路灯损坏")),
    Matter("noise", "噪声扰民", "noise", "order", ("噪声扰民", "夜间施工", "音响太吵")),
    Matter("fire", "消防隐患", "fire hazard", "safety", ("堵塞消防通道", "私拉电线", "飞线充电")),
]
DEPARTMENTS = ("town-desk", "city-care", "police", "fire-safety")
LIMITS = {"fire": "2 hours", "noise": "4 hours", "city": "3 working days", "*": "24 hours"}

RULES = PlaceRules(
    place="cloudbrook",
    zone="Asia/Shanghai",
    name_zh="云溪",
    name_en="Cloudbrook",
    lifecycle="five_steps",
    areas={area.code: area for area in AREAS},
    matters={matter.code: matter for matter in MATTERS},
    categories={code: Category(code, code, code) for code in ("city", "order", "safety")},
    departments={id: Department(id, id, id) for id in DEPARTMENTS},
    duties=(
        Duty("d1", "city", "city-care"),
        Duty("d2", "noise", "police"),
        Duty("d3", "fire", "fire-safety", assisting=("police",)),
    ),
    default_department="town-desk",
    limits=tuple(LimitRule(f"l-{m}", m, limit, "1") for m, limit in LIMITS.items()),
    calendars={CN.id: CN},
    own_calendar=CN.id,
    fallback_area="none",
)
