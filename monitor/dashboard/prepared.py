"""Queries of every page, put together once.

Django takes longer to write the SQL of the frame's query than a database to answer it. What differs from one reader to
the next is left open with `Given`; the rest is kept as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, Self, cast

from django.db import connection
from django.db.models import BigIntegerField, DateTimeField, Expression, Field, Model, QuerySet


class Given(Expression):
    """A value that a prepared query is given when it is asked. Times may be moved by a `shift`."""

    def __init__(self, name: str, output_field: Field[Any, Any], shift: timedelta | None = None) -> None:
        super().__init__(output_field=output_field)
        self.name, self.shift = name, shift

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Self]]:  # type: ignore[override]
        return "%s", (self,)

    def __sub__(self, other: Any) -> Given:  # type: ignore[override]
        """Worked out before the database is asked: an edge that it knows is one that an index serves."""
        return self.__add__(-other)

    def __add__(self, other: Any) -> Given:  # type: ignore[override]
        assert isinstance(other, timedelta)
        assert isinstance(self.output_field, DateTimeField)
        return Given(self.name, self.output_field, (self.shift or timedelta(0)) + other)

    def value(self, given: Mapping[str, Any]) -> Any:
        value = given[self.name] if self.shift is None else given[self.name] + self.shift
        return self.output_field.get_db_prep_value(value, connection)


class Reader:
    """Stands for a user in a prepared query: his key is `user`, and when he marked all as read `read_before`."""

    pk = Given("user", BigIntegerField())

    def __init__(self, *, has_read_all: bool = False) -> None:
        self.alerts_read_before = Given("read_before", DateTimeField()) if has_read_all else None


class _Text(NamedTuple):
    sql: str
    parameters: Sequence[Any]
    names: Sequence[str]
    converters: Mapping[int, tuple[Sequence[Callable[..., Any]], Any]]


#: What was put together so far, by query and kind of database.
TEXTS: dict[tuple[Prepared, str], _Text] = {}


class Prepared:
    """`build` makes a query by `values`; each `Given` in it is named when it is asked."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self._build = build

    def row(self, **given: Any) -> dict[str, Any]:
        """One query: its first row."""
        [row] = self.rows(**given)
        return row

    def rows(self, **given: Any) -> list[dict[str, Any]]:
        """One query."""
        names, rows = self._asked(given)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def tuples(self, **given: Any) -> list[Sequence[Any]]:
        """One query."""
        return list(self._asked(given)[1])

    def instances[M: Model](self, model: type[M], **given: Any) -> list[M]:
        """One query, whose `values` begin with all columns of `model` in their order; the others become attributes.

        Those named as 'shop__name' become attributes of what the instance refers to, which then is at hand, too.
        """
        names, rows = self._asked(given)
        own = len(model._meta.concrete_fields)
        related: dict[str, list[int]] = {}
        for place, name in enumerate(names[own:], own):
            related.setdefault(name.rpartition("__")[0], []).append(place)
        beside = related.pop("", [])
        referred = [_Referred.of(model, field, names, places) for field, places in related.items()]
        found = []
        for row in rows:
            one = model.from_db(connection.alias, names[:own], row[:own])
            for each in referred:
                setattr(one, each.field, each.instance(row))
            for place in beside:
                setattr(one, names[place], row[place])
            found.append(one)
        return found

    def _asked(self, given: Mapping[str, Any]) -> tuple[Sequence[str], list[list[Any]]]:
        text = TEXTS.get((self, connection.vendor))
        if text is None:
            text = TEXTS[self, connection.vendor] = _written(self._build())
        with connection.cursor() as cursor:
            cursor.execute(text.sql, [one.value(given) if type(one) is Given else one for one in text.parameters])
            found = [list(row) for row in cursor.fetchall()]
        for place, (converters, expression) in text.converters.items():
            for row in found:
                for convert in converters:
                    row[place] = convert(row[place], expression, connection)
        return text.names, found


class _Referred(NamedTuple):
    """What the instances of a query refer to by `field`: its model, and where in a row its columns are."""

    field: str
    model: type[Model]
    columns: Sequence[str]
    places: Sequence[int]

    @classmethod
    def of(cls, model: type[Model], field: str, names: Sequence[str], places: Sequence[int]) -> Self:
        to = cast("type[Model]", model._meta.get_field(field).related_model)
        place_of = {names[place].rpartition("__")[2]: place for place in places}
        columns = [name for name in columns_of(to) if name in place_of]  # `from_db` wants them in their order.
        return cls(field, to, columns, [place_of[name] for name in columns])

    def instance(self, row: Sequence[Any]) -> Model | None:
        """Nothing where its key, the first of its columns, is empty."""
        values = [row[place] for place in self.places]
        return None if values[0] is None else self.model.from_db(connection.alias, self.columns, values)


def columns_of(model: type[Model], field: str = "") -> list[str]:
    """The names of the columns of a model, in their order; as seen from a model that refers to it by `field`."""
    return [f"{field}__{one.attname}" if field else one.attname for one in model._meta.concrete_fields]


def _written(rows: QuerySet[Any, Any]) -> _Text:
    compiler = rows.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    converters = compiler.get_converters([expression for expression, _, _ in compiler.select])
    return _Text(sql, parameters, list(rows.query.selected or ()), converters)
