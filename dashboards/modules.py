"""What a place calls its platform's modules, each put together from sections of other boards.

A place's modules are a row of this table. Siming's five are named in document 000 (「“数字思明”
“雪亮思明”“主动创稳”“业务专题”“协同专题”5个专题」); what each holds it does not say: assumed.
"""

from dashboards import departments, grids, matters, overview, sources, timeliness
from dashboards.board import Board
from dashboards.words import Say

MODULES = {
    "siming": (
        ("digital", Say("数字思明", "Digital Siming"), (overview.HEADLINE, overview.WHERE)),
        ("bright", Say("雪亮思明", "Bright Siming"), (sources.CAMERAS, grids.COVERAGE)),
        ("stable", Say("主动创稳", "Active stability"), (matters.RISK, matters.SPOTS)),
        ("business", Say("业务专题", "Business"), (matters.HOTTEST, timeliness.JUDGED_IN_TIME)),
        (
            *("together", Say("协同专题", "Working together")),
            (departments.RANKING, departments.RESPONDING),
        ),
    )
}

BOARDS = tuple(
    Board(
        id=f"{place}-{module}",
        title=title,
        about=Say(
            "当地平台的一个专题(内容为假定)", "A module of the place's platform; content assumed"
        ),
        sections=sections,
        place=place,
    )
    for place, modules in MODULES.items()
    for module, title, sections in modules
)
