"""A bulletin as a page that prints well: no script, nothing from elsewhere."""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from streams.show.bulletin.markdown import ASSUMED, DEFINITIONS, head
from streams.show.bulletin.sheet import Bulletin, Cell, Points, Share, text


def page(bulletin: Bulletin) -> str:
    """The whole bulletin as HTML; every word in it is escaped."""
    template = (files("streams.show.bulletin") / "page.html").read_text("utf-8")
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return made.from_string(template).render(
        bulletin=bulletin,
        head=head(bulletin),
        definitions=DEFINITIONS,
        assumed=ASSUMED,
        show=lambda cell: text(cell, bulletin.period.zone),
        in_points=lambda cell: isinstance(cell, Points),
        width=_width,
    )


def _width(cell: Cell) -> float:
    """A rate in per cent, to be drawn; nothing where there is none."""
    return 100 * cell.numerator / cell.denominator if isinstance(cell, Share) else 0
