"""Documents about the people of the small invented place, for tests."""

from typing import Any

POINTS: dict[str, Any] = {
    "accounts": [
        {"id": "home", "name": "居住地", "name_en": "Where they live"},
        {"id": "work", "name": "工作地", "name_en": "Where they work"},
    ],
    "reports": [
        {
            "id": "R1",
            "name": "上报奖励",
            "name_en": "Reward",
            "account": "home",
            "points": 20,
            "when": "closed",
            "sources": ["citizen"],
        }
    ],
    "rounds": [
        {
            "id": f"C{n}",
            "name": "报到",
            "name_en": "Check-in",
            "account": account,
            "points": 5,
            "kinds": ["check_in"],
            "scenes": [account],
            "most_a_day": 2,
        }
        for n, account in enumerate(("home", "work"))
    ],
    "stars": [
        {"account": "home", "at_least": 10, "stars": 1},
        {"account": "home", "at_least": 30, "stars": 2},
    ],
}

ROLES = [{"id": id, "name": id, "name_en": id} for id in ("worker", "station", "head", "officer")]


def posted(person: str, role: str = "worker", **where: Any) -> dict[str, Any]:
    """One posting as a document has it."""
    return {"person": person, "role": role} | where


def posts(*postings: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body of a document of posts."""
    return {"roles": ROLES, "postings": list(postings)} | more
