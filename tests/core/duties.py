"""A small town with a responsibility list, for those who try its rules."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from streams.core.place import (
    AdmissionList,
    Area,
    Category,
    Department,
    Duty,
    Matter,
    PlaceRules,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
EARLIER = datetime(2026, 1, 31, 16, tzinfo=UTC)
"""The local midnight with which February 2026 begins; LATER the one with which August does."""
LATER = datetime(2026, 7, 31, 16, tzinfo=UTC)

AREAS = (
    Area("c", "市", "city"),
    Area("c-1", "一街", "street", "c"),
    Area("c-1-1", "一社区", "community", "c-1", grids=("g-1",)),
    Area("c-2", "二街", "street", "c"),
    Area("c-2-1", "二社区", "community", "c-2"),
)
MATTERS = (
    Matter("vending", "占道经营", "Vending", "order", ("占道经营",)),
    Matter("ads", "小广告", "Ads", "order", ("小广告",)),
    Matter("noise", "噪音", "Noise", "quiet", ("噪音",)),
)
NAMES = {"desk": "兜底办", "city": "城管", "town": "一街镇街办", "police": "公安"}


def rules(
    *duties: Duty,
    default: str | None = "desk",
    lists: tuple[AdmissionList, ...] = (),
    areas: tuple[Area, ...] = AREAS,
    **territory: str,
) -> PlaceRules:
    """The town's rules; `territory` gives departments an area of their own."""
    departments = {
        id: Department(id, name, id, area=territory.get(id)) for id, name in NAMES.items()
    }
    return PlaceRules(
        place="some",
        zone="Asia/Shanghai",
        name_zh="某市",
        name_en="Somewhere",
        lifecycle="five_steps",
        fallback_area="c",
        areas={area.code: area for area in areas},
        categories={code: Category(code, code, code) for code in ("order", "quiet")},
        matters={matter.code: matter for matter in MATTERS},
        departments=departments,
        duties=duties,
        default_department=default,
        admission=lists,
    )


codes = st.sampled_from(["vending", "order", "noise", "*"])
instants = st.none() | st.integers(0, 6).map(lambda n: datetime(2026, 1 + n, 1, tzinfo=UTC))
places = st.sampled_from(["c", "c-1", "c-1-1", "c-2", "*"])
who = st.sampled_from(["city", "town", "police"])
levels = st.none() | st.sampled_from(["city", "street", "community"])


@st.composite
def duties(draw: st.DrawFn) -> list[Duty]:
    """A list of duties, some of them dated."""
    return [
        Duty(
            f"D{n}",
            draw(codes),
            draw(who),
            draw(places),
            level=draw(levels),
            valid_from=draw(instants),
            valid_to=draw(instants),
        )
        for n in range(draw(st.integers(0, 6)))
    ]
