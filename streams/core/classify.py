"""From words to a matter: the longest words of a place's list decide, and every word is named.

Where they find nothing, or as much for two matters, the place's model decides if it is sure enough.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import islice

import msgspec
from ahocorasick_rs import AhoCorasick, MatchKind

from streams.core.model import Model
from streams.core.place import Matter, PlaceRules
from streams.core.plain import plain

NAMED = 8
"""How many different words a report's reasons name; the rest are counted."""


NOBODY = "未分类，待人工判断"


class Layer(StrEnum):
    """分类层 · what said a report's matter."""

    SENDER = "sender"  # 来件
    TERMS = "terms"  # 词
    MODEL = "model"  # 模型


class Classified(msgspec.Struct, frozen=True):
    """A report's matter and category, None where nobody could say (未分类), by whom, and why."""

    matter: str | None
    category: str | None
    why: list[str]
    by: Layer | None = None


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
    model: Model | None
    means: Mapping[str, str]
    """Which matter each label of the model means."""

    @staticmethod
    def of(rules: PlaceRules) -> "Classifier":
        """The classifier of these rules."""
        return _of(rules)

    def classify(self, text: str, given: str | None = None, shown: str | None = None) -> Classified:
        """The matter that the sender gave, if the place knows it; else the one its words say; else
        its model's. The model reads the text as it may be `shown`, without personal data."""
        why: list[str] = []
        if given is not None:
            matter = self.matters.get(given)
            if matter is not None:
                why.append(f"来件已带事项“{matter.name}”，照取")
                return Classified(given, matter.category, why, Layer.SENDER)
            why.append(f"来件所带事项“{given}”不在本地清单，改按词判断")
        code = self._by_words(text, why)
        if code is not None:
            return Classified(code, self.matters[code].category, why, Layer.TERMS)
        if self.model is None:
            why[-1] += f"：{NOBODY}"
            return Classified(None, None, why)
        return self._by_model(self.model, text if shown is None else shown, why)

    def _by_model(self, model: Model, text: str, why: list[str]) -> Classified:
        guess = model.guess((text,))
        matter = self.matters.get(self.means[guess.label])
        if matter is None:  # another list of matters came into force after it
            why.append(f"模型{model.version}判为“{guess.label}”，不在本地清单：{NOBODY}")
            return Classified(None, None, why)
        said = f"模型{model.version}：“{matter.name}”的概率{guess.probability:.0%}"
        if not guess.sure:
            why.append(f"{said}，不足{model.threshold:.0%}：{NOBODY}")
            return Classified(None, None, why)
        words = "、".join(f"“{word.text}”" for word in model.words((text,), guess.label))
        why.append(f"{said}，取之，凭{words or '整篇'}")
        return Classified(matter.code, matter.category, why, Layer.MODEL)

    def _by_words(self, text: str, why: list[str]) -> str | None:
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
            why.append("没有命中任何词")
            return None
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

    def _decide(self, scores: dict[str, _Score], why: list[str]) -> str | None:
        if not scores:
            why.append("命中的事项均被排除")
            return None
        first = next(iter(scores))
        if len(scores) > 1:
            first, second = sorted(scores, key=lambda code: self._rank(code, scores[code]))[:2]
            if self.model is not None and self._even(first, second, scores):
                one, other = self.matters[first].name, self.matters[second].name
                why.append(f"“{one}”与“{other}”相当，词不能决定")
                return None
            why.append(self._comparison(first, second, scores))
        return first

    def _rank(self, code: str, score: _Score) -> tuple[bool, int, int, int]:
        return (self.matters[code].general, -score.length, -score.times, self.order[code])

    def _even(self, first: str, second: str, scores: Mapping[str, _Score]) -> bool:
        """Whether only their order in the list sets two matters apart."""
        return self._rank(first, scores[first])[:-1] == self._rank(second, scores[second])[:-1]

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
        model=rules.model,
        means=rules.model_matters,
    )
