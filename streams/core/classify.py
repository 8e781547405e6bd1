"""From words to a matter: the longest words of a place's list decide, and every word is named."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice

import msgspec
from ahocorasick_rs import AhoCorasick, MatchKind

from streams.core.place import Matter, PlaceRules
from streams.core.plain import plain

NAMED = 8
"""How many different words a report's reasons name; the rest are counted."""


class Classified(msgspec.Struct, frozen=True):
    """A report's matter and category, None where nothing fits (未分类), and why."""

    matter: str | None
    category: str | None
    why: list[str]


class _Hit(msgspec.Struct, gc=False):
    word: str
    matters: tuple[str, ...]
    first: int
    times: int = 1


class _Score(msgspec.Struct, gc=False):
    """How much of the text speaks for a matter."""

    length: int = 0
    times: int = 0


class Classifier(msgspec.Struct, frozen=True, eq=False):
    """A place's matters as one automaton; `of` builds it once for each list of matters."""

    matters: Mapping[str, Matter]
    order: Mapping[str, int]
    words: Sequence[tuple[str, tuple[str, ...]]]
    automaton: AhoCorasick
    guards: Sequence[tuple[str, frozenset[str]]]
    guard: AhoCorasick
    guarded: frozenset[str]
    """The matters that some word may rule out."""

    @staticmethod
    def of(rules: PlaceRules) -> "Classifier":
        """The classifier of these rules."""
        return _of(rules)

    def classify(self, text: str, given: str | None = None) -> Classified:
        """The matter that the sender gave, if the place knows it; else the one its words say."""
        if given is None:
            return self._by_words(text, [])
        matter = self.matters.get(given)
        if matter is None:
            return self._by_words(text, [f"来件所带事项“{given}”不在本地清单，改按词判断"])
        return Classified(given, matter.category, [f"来件已带事项“{matter.name}”，照取"])

    def _by_words(self, text: str, why: list[str]) -> Classified:
        normal = plain(text)
        hits: dict[int, _Hit] = {}
        scores: dict[str, _Score] = {}
        for index, start, end in self.automaton.find_matches_as_indexes(normal):
            word, matters = self.words[index]
            hit = hits.get(index)
            if hit is None:
                hits[index] = _Hit(word, matters, start + 1)
            else:
                hit.times += 1
            for code in matters:
                score = scores.get(code)
                if score is None:
                    score = scores[code] = _Score()
                score.length += end - start
                score.times += 1
        if not scores:
            why.append("没有命中任何词：未分类，待人工判断")
            return Classified(None, None, why)
        self._name(hits, why)
        if not self.guarded.isdisjoint(scores):
            self._rule_out(normal, scores, why)
        return self._decide(scores, why)

    def _name(self, hits: Mapping[int, _Hit], why: list[str]) -> None:
        """Name the words that were found, and where (第N字, counted in the normalised text)."""
        for hit in islice(hits.values(), NAMED):
            names = self.matters[hit.matters[0]].name
            if len(hit.matters) > 1:
                names = "、".join(self.matters[code].name for code in hit.matters)
            times = f"，共{hit.times}次" if hit.times > 1 else ""
            why.append(f"词“{hit.word}”(第{hit.first}字{times})→ {names}")
        if len(hits) > NAMED:
            why.append(f"另有{len(hits) - NAMED}个词命中")

    def _rule_out(self, normal: str, scores: dict[str, _Score], why: list[str]) -> None:
        for index, start, _ in self.guard.find_matches_as_indexes(normal, overlapping=True):
            word, barred = self.guards[index]
            for code in sorted(barred & scores.keys()):
                del scores[code]
                why.append(f"词“{word}”(第{start + 1}字)排除“{self.matters[code].name}”")

    def _decide(self, scores: dict[str, _Score], why: list[str]) -> Classified:
        if not scores:
            why.append("命中的事项均被排除：未分类，待人工判断")
            return Classified(None, None, why)
        first = next(iter(scores))
        if len(scores) > 1:
            first, second = sorted(scores, key=lambda code: self._rank(code, scores[code]))[:2]
            why.append(self._comparison(first, second, scores))
        return Classified(first, self.matters[first].category, why)

    def _rank(self, code: str, score: _Score) -> tuple[bool, int, int, int]:
        return (self.matters[code].general, -score.length, -score.times, self.order[code])

    def _comparison(self, first: str, second: str, scores: Mapping[str, _Score]) -> str:
        one, other = self.matters[first], self.matters[second]
        a, b = scores[first], scores[second]
        if one.general != other.general:
            reason = f"“{other.name}”是笼统事项，让位于具体事项"
        elif a.length != b.length:
            reason = f"命中{a.length}字，多于“{other.name}”的{b.length}字"
        elif a.times != b.times:
            reason = f"命中{a.times}处，多于“{other.name}”的{b.times}处"
        else:
            reason = f"与“{other.name}”相当，清单次序在前"
        return f"取“{one.name}”：{reason}"


@lru_cache(maxsize=64)
def _of(rules: PlaceRules) -> Classifier:
    owners: dict[str, list[str]] = {}
    barred: dict[str, list[str]] = {}
    for matter in rules.matters.values():
        for word in dict.fromkeys(map(plain, matter.words)):
            owners.setdefault(word, []).append(matter.code)
        for word in dict.fromkeys(map(plain, matter.not_terms)):
            barred.setdefault(word, []).append(matter.code)
    return Classifier(
        matters=rules.matters,
        order={code: at for at, code in enumerate(rules.matters)},
        words=[(word, tuple(codes)) for word, codes in owners.items()],
        automaton=AhoCorasick(list(owners), matchkind=MatchKind.LeftmostLongest),
        guards=[(word, frozenset(codes)) for word, codes in barred.items()],
        guard=AhoCorasick(list(barred)),
        guarded=frozenset(code for codes in barred.values() for code in codes),
    )
