"""Commands for the classifier's second layer: train it, judge it, ask it why."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.cli_options import JSON, print_json
from streams.core.agreement import Judged, agreement
from streams.core.model import Model
from streams.entry.labelled import Labelled, Sheaf, read_labelled
from streams.entry.modelfile import read_model, write_model
from streams.errors import WrongUse
from streams.joined import Joined, settings
from streams.show.classified import (
    WINDOW,
    examples,
    layers,
    layers_json,
    layers_parts,
    waiting,
    waiting_table,
    write_examples,
)
from streams.show.classifier import (
    agreement_json,
    agreement_parts,
    explained_json,
    explained_lines,
    trained_json,
    trained_lines,
)
from streams.show.figures import place_now
from streams.show.rates import parse_when

TRAIN_EXAMPLES = """
Examples:

`gridloop classifier train --labels t.csv --text-column 内容 --label-column 事项 --out m.json`

`gridloop classifier train --labels t.csv --text-column title --text-column body
--label-column head --out m.json`
"""

EVALUATE_EXAMPLES = """
Examples:

`gridloop classifier evaluate --model m.json --labels held-out.csv --text-column title
--text-column body --label-column head`

`gridloop classifier evaluate --model m.json --labels held-out.csv --text-column 内容
--label-column 事项 --threshold 0.8 --json`
"""

EXPLAIN_EXAMPLES = """
Examples:

`gridloop classifier explain --model m.json 工地拖欠工资，多次讨要无果`

`gridloop classifier explain --model m.json 标题 正文 --json`
"""

STATUS_EXAMPLES = """
Examples:

`gridloop classifier status --place dongguan`

`gridloop classifier status --from 2026-06-01 --to 2026-07-01 --json`
"""

WAITING_EXAMPLES = """
Examples:

`gridloop classifier waiting --place dongguan`

`gridloop classifier waiting --json`
"""

EXPORT_EXAMPLES = """
Examples:

`gridloop classifier examples --place dongguan --out more.csv`

`gridloop classifier train --labels more.csv --text-column text --label-column matter --out m.json`
"""

LEFT_OUT = {
    "no_label": "没有类 without a label",
    "no_text": "没有文字 without a text",
    "unreadable": "读不出 unreadable",
    "encoding": "编码不对 with bytes of another encoding",
    "rare": "类的行数太少 of a label with too few rows",
}

Labels = Annotated[Path, typer.Option("--labels", help="已分类的工单 · labelled tickets (CSV).")]
TextColumns = Annotated[
    list[str],
    typer.Option("--text-column", help="文字列 · a text's column; title and body: twice."),
]
LabelColumn = Annotated[str, typer.Option("--label-column", help="类别列 · the label's column.")]
ModelFile = Annotated[Path, typer.Option("--model", help="模型文件 · the file of `train`.")]
Whose = Annotated[str, typer.Option("--place", help="地方 · a place's id.")]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        min=0,
        max=1,
        help="阈值 · below this probability it abstains; default its own.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    group = typer.Typer(help="分类模型 · what decides where words do not.", no_args_is_help=True)
    group.command("train", epilog=TRAIN_EXAMPLES)(train_model)
    group.command("evaluate", epilog=EVALUATE_EXAMPLES)(evaluate)
    group.command("explain", epilog=EXPLAIN_EXAMPLES)(explain)
    group.command("status", epilog=STATUS_EXAMPLES)(status)
    group.command("waiting", epilog=WAITING_EXAMPLES)(list_waiting)
    group.command("examples", epilog=EXPORT_EXAMPLES)(export_examples)
    app.add_typer(group, name="classifier")


def train_model(
    labels: Labels,
    text_column: TextColumns,
    label_column: LabelColumn,
    out: Annotated[Path, typer.Option("--out", help="模型文件 · where to write the model.")],
    json_: JSON = False,
) -> None:
    """训练 · a model of the place's own labelled tickets, with what it is worth on unseen ones."""
    try:
        from streams.entry import training  # noqa: PLC0415 - scikit-learn takes a second to import
    except ModuleNotFoundError as why:
        raise WrongUse(f"training needs {why.name}: pip install 'gridloop[train]'") from why
    sheaf = read_labelled(labels, text_column, label_column)
    known = training.usable(sheaf.rows)
    _tell_left_out(sheaf, labels, **known.left_out)
    with Console(stderr=True).status("", spinner="line") as status:
        write_model(out, training.train(known.rows, text_column, status.update))
    model = read_model(out)
    if json_:
        print_json(trained_json(model))
    else:
        _print(trained_lines(model))
        _print([f"已写入 written to {out} ({out.stat().st_size:,} bytes)"])


def evaluate(
    model: ModelFile,
    labels: Labels,
    text_column: TextColumns,
    label_column: LabelColumn,
    threshold: Threshold = None,
    json_: JSON = False,
) -> None:
    """评估 · how far the model agrees with people's labels; over all rows, and where it decides."""
    loaded = read_model(model, threshold)
    columns = _as_trained(loaded, text_column)
    sheaf = read_labelled(labels, columns, label_column)
    _tell_left_out(sheaf, labels)
    if not sheaf.rows:
        raise WrongUse(f"{labels}: no row has a label in {label_column!r}")
    found = agreement([_judged(loaded, row) for row in sheaf.rows], loaded.threshold)
    if json_:
        print_json(agreement_json(found))
        return
    for part in agreement_parts(found):
        Console().print(part, highlight=False)


def explain(
    model: ModelFile,
    text: Annotated[
        list[str], typer.Argument(help="文字 · a text; or one for each column of the model.")
    ],
    threshold: Threshold = None,
    json_: JSON = False,
) -> None:
    """解释 · what the model makes of a text, and which words decided."""
    loaded = read_model(model, threshold)
    if len(text) not in {1, len(loaded.columns)}:
        raise WrongUse(f"one text, or one for each of: {', '.join(loaded.columns)}")
    told = explained_json(loaded, text)
    if json_:
        print_json(told)
    else:
        _print(explained_lines(told))


def status(
    place: Whose = "dongguan",
    from_: Annotated[
        str | None,
        typer.Option("--from", help="发生起 · occurred from, inclusive; default 28 days."),
    ] = None,
    to: Annotated[str | None, typer.Option(help="发生止 · occurred before; default now.")] = None,
    json_: JSON = False,
) -> None:
    """现状 · what said the matters of reports, how many are left to people, what has moved."""
    at = Joined.of(settings())
    zone = at.zone(place)
    now = place_now(at.store, place, datetime.now(UTC))  # noqa: TID251 - a command's own now
    until = parse_when(to, zone) if to else now
    since = parse_when(from_, zone) if from_ else until - WINDOW
    found = layers(at.store, place, since, until)
    if json_:
        print_json(layers_json(place, found))
        return
    for part in layers_parts(found):
        Console().print(part, highlight=False)


def list_waiting(place: Whose = "dongguan", json_: JSON = False) -> None:
    """待人工 · the open cases that nobody could classify: an act `classify` says their matter."""
    rows = waiting(Joined.of(settings()).store, place)
    if json_:
        print_json(rows)
    elif rows:
        Console().print(waiting_table(rows), highlight=False, markup=False)
    else:
        _print(["没有待分类的案件 · nothing waits"])


def export_examples(
    place: Whose = "dongguan",
    out: Annotated[
        Path | None, typer.Option("--out", help="文件 · where to write them; else standard output.")
    ] = None,
) -> None:
    """例子 · what people said of matters (the act `classify`), as labelled tickets (CSV)."""
    rows = examples(Joined.of(settings()).store, place)
    if out is None:
        write_examples(sys.stdout, rows)
        return
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        count = write_examples(file, rows)
    _print([f"{count} 条 examples → {out}"])


def _as_trained(model: Model, columns: Sequence[str]) -> Sequence[str]:
    """The columns in the model's own order where they have its names; one is read for all."""
    if set(columns) == set(model.columns):
        return model.columns
    if len(columns) not in {1, len(model.columns)}:
        raise WrongUse(
            f"the model was trained on {len(model.columns)} columns ({', '.join(model.columns)}):"
            " name as many with --text-column, or one that is read for all"
        )
    return columns


def _judged(model: Model, row: Labelled) -> Judged:
    guess = model.guess(row.texts)
    return Judged(row.label, guess.label, guess.probability)


def _tell_left_out(sheaf: Sheaf, path: Path, **more: int) -> None:
    """Say on standard error how many rows are not used, and why."""
    for why, count in (sheaf.left_out | more).items():
        if count:
            _print([f"{path}: {count} rows {LEFT_OUT[why]}"], stderr=True)


def _print(lines: Iterable[str], *, stderr: bool = False) -> None:
    console = Console(stderr=stderr)
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)
