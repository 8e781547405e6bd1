"""What Hypothesis draws for the memory: any noun of core/events, each field by its type."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from streams.core.events import INFINITY
from streams.keep.tables import EPOCH

ANY_INSTANT = st.timedeltas(timedelta(0), INFINITY - EPOCH).map(lambda since: EPOCH + since)
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
CODES = st.text("abcxyz019-~/路灯", min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def nouns(struct: type, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a struct; `given` says how some of its fields are drawn."""
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    drawn = {field.name: _of(field.type) for field in described.fields} | given
    return st.fixed_dictionaries(drawn).map(lambda fields: struct(**fields))


def _of(type_: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911, PLR0912 # a table of types
    match type_:
        case inspect.Metadata():
            return _of(type_.type)
        case inspect.UnionType():
            return st.one_of([_of(one) for one in type_.types])
        case inspect.NoneType():
            return st.none()
        case inspect.DateTimeType():
            return ANY_INSTANT
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(type_.ge or 0, type_.le or 2**32 - 1)
        case inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case inspect.StrType():
            return WORDS if type_.pattern is None and type_.min_length is None else CODES
        case inspect.EnumType():
            return st.sampled_from(list(type_.cls))
        case inspect.ListType():
            return st.lists(_of(type_.item_type), max_size=3)
        case inspect.TupleType():
            return st.tuples(*map(_of, type_.item_types))
        case inspect.DictType():
            return st.dictionaries(WORDS, JSON, max_size=3)
        case inspect.StructType():
            return nouns(type_.cls)
        case _:
            raise NotImplementedError(type_)
