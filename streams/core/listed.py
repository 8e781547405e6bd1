"""What is wrong with a list in a document: a key that stands twice, a name that nothing has."""

from collections.abc import Hashable, Iterable, Iterator


def twice(where: str, keys: Iterable[Hashable]) -> Iterator[str]:
    """A sentence for each key that stands there a second time."""
    seen: set[Hashable] = set()
    for at, key in enumerate(keys):
        if key in seen:
            yield f"$.{where}[{at}]: {key!r} stands twice"
        seen.add(key)


def unknown(where: str, names: Iterable[str], known: Iterable[str], noun: str) -> Iterator[str]:
    """A sentence for each name that is not among the known ones."""
    known = set(known)
    for name in names:
        if name not in known:
            yield f"$.{where}: no such {noun}: {name!r}"
