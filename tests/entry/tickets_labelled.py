"""Invented labelled tickets: three matters with words of their own, and words that all share."""

import csv
from pathlib import Path

from streams.entry.labelled import Labelled

ABOUT = {
    "工资": ("拖欠工资不发", "老板欠薪三个月", "加班费没有结算", "未签劳动合同被辞退", "讨薪无果"),
    "噪音": ("夜间施工噪音大", "楼上整夜很吵", "广场舞声音太响", "空调外机轰鸣", "装修电钻扰民"),
    "积水": ("路面积水严重", "下雨就内涝", "下水道堵塞外溢", "井口冒污水", "排水沟不通"),
}
PLACES = ("东门", "西街", "南苑", "北坊", "中心小区", "老车站")
CLOSINGS = ("请尽快处理", "望有关部门解决", "影响居民生活", "已经反映多次")


def tickets() -> list[Labelled]:
    """120 tickets with title and body; the same each time."""
    return [
        Labelled((said[:4], f"您好，{place}这边{said}，{closing}。编号{number}"), label)
        for label, words in ABOUT.items()
        for number, said in enumerate(words)
        for place, closing in zip(PLACES, CLOSINGS * 2, strict=False)
    ] + [Labelled((f"{place}咨询", f"{place}一带有人反映问题，请回复"), "工资") for place in PLACES]


def write(path: Path, rows: list[Labelled], encoding: str = "utf-8-sig") -> Path:
    """The tickets as a CSV file, with line breaks within cells."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("标题", "内容", "事项"))
        writer.writerows(
            (*(text.replace("，", "，\n") for text in row.texts), row.label) for row in rows
        )
    return path
