"""What the classifier's commands print: what was trained, how far it agrees, what decided."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from rich.table import Table

from streams.core.agreement import Agreement
from streams.core.model import Model

PRECISION = 6
"""Decimals of a share in JSON."""
SHOWN_POINTS = (50, 60, 70, 80, 85, 90, 95, 100)
"""Hundredths of coverage whose points of the curve are shown."""


def trained_json(model: Model) -> dict[str, Any]:
    """A model as `train --json` and `explain --json` name it."""
    told: dict[str, Any] = msgspec.to_builtins(model.document.trained)
    return {"version": model.version, "threshold": model.threshold, **told}


def trained_lines(model: Model) -> Iterator[str]:
    """What was trained, in a few lines."""
    told = model.document.trained
    yield f"模型 model {model.version}: {told.rows} rows, {len(model.labels)} labels"
    yield (
        f"{told.folds} 折交叉验证 cross-validation: 准确率 accuracy {told.accuracy:.3f}, "
        f"macro-F1 {told.macro_f1:.3f}"
    )
    yield (
        f"阈值 threshold {model.document.threshold:.4f}: 覆盖 coverage {told.coverage:.1%}, "
        f"其中准确 right of these {_percent(told.accuracy_decided)}"
    )


def agreement_json(found: Agreement) -> dict[str, Any]:
    """The whole comparison, with shares to six decimals."""
    told: dict[str, Any] = _rounded(msgspec.to_builtins(found))
    return told


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, PRECISION)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return value


def agreement_parts(found: Agreement) -> Iterator[str | Table]:
    """The comparison for people: totals, the curve, each label, who is taken for whom."""
    yield (
        f"行 rows {found.rows}  准确率 accuracy {found.accuracy:.4f}  macro-F1 {found.macro_f1:.4f}"
    )
    yield (
        f"阈值 threshold {found.threshold:.4f}: 覆盖 coverage {found.coverage:.1%}, "
        f"其中准确 right of these {_percent(found.accuracy_decided)}"
    )
    yield _curve(found)
    yield _classes(found)
    yield _confusion(found.confusion)


def _curve(found: Agreement) -> Table:
    table = _table("弃权换来什么 · what abstaining gains", "覆盖 coverage")
    for name in ("阈值 threshold", "准确率 accuracy"):
        table.add_column(name, justify="right")
    for at in SHOWN_POINTS:
        point = found.curve[at - 1]
        table.add_row(f"{point.coverage:.0%}", f"{point.threshold:.4f}", f"{point.accuracy:.4f}")
    return table


def _classes(found: Agreement) -> Table:
    table = _table("各类 · by label", "类 label")
    for name in ("查准 precision", "查全 recall", "F1", "n"):
        table.add_column(name, justify="right")
    for label, one in found.per_class.items():
        shares = (f"{share:.3f}" for share in (one.precision, one.recall, one.f1))
        table.add_row(label, *shares, str(one.n))
    return table


def _confusion(counts: Mapping[str, Mapping[str, int]]) -> Table:
    guesses = sorted({guess for row in counts.values() for guess in row})
    table = _table("混淆矩阵 · rows: the person's label; columns: the model's guess", "")
    for guess in guesses:
        table.add_column(guess, justify="right")
    for truth, row in counts.items():
        table.add_row(truth, *(str(row.get(guess, "")) for guess in guesses))
    return table


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first, no_wrap=True)
    return table


def explained_json(model: Model, texts: list[str]) -> dict[str, Any]:
    """What a model says of a text, and why."""
    guess = model.guess(texts)
    likely = zip(model.labels, map(float, model.probabilities(texts)), strict=True)
    told = {
        "version": model.version,
        "label": guess.label,
        "probability": guess.probability,
        "threshold": model.threshold,
        "decided": guess.sure,
        "words": msgspec.to_builtins(model.words(texts, guess.label)),
        "probabilities": dict(sorted(likely, key=lambda pair: -pair[1])),
    }
    rounded: dict[str, Any] = _rounded(told)
    return rounded


def explained_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """The same for people."""
    decided = "判定 decided" if told["decided"] else "弃权，交人工 abstains: a person decides"
    yield (
        f"{told['label']}  {told['probability']:.1%}  "
        f"({decided}; 阈值 threshold {told['threshold']:.4f}; 模型 model {told['version']})"
    )
    for word in told["words"]:
        yield f"  “{word['text']}” {word['share']:.0%}"
    others = list(told["probabilities"].items())[1:4]
    yield "其次 next: " + ", ".join(f"{label} {share:.1%}" for label, share in others)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
