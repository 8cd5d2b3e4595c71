"""Give the sets within models one order, so that the same models compile to the same SQL.

The items of a set come in another order in each process (``PYTHONHASHSEED``), and Django
writes them as they come: ``Q(state__in={"new", "paid"})``.
https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED

Invariant: a model has its own values again when the block ends.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from django.db import models
from django.db.models.constraints import BaseConstraint
from django.db.models.expressions import BaseExpression
from django.db.models.lookups import Lookup
from django.db.models.options import normalize_together
from django.utils.tree import Node

_HOLDERS = (BaseConstraint, models.Index, BaseExpression, Node)
_KINDS = (set, frozenset, dict, list, tuple, *_HOLDERS)
"""What can hold a set, or is one."""


class OrderedItems(frozenset[Any]):
    """A set whose items come in the same order in every process."""

    def __iter__(self) -> Iterator[Any]:
        # By text first: not all items compare, and some only with a part of the others.
        items = sorted(super().__iter__(), key=repr)
        try:
            return iter(sorted(items))
        except TypeError:
            return iter(items)


def with_fixed_order(value: Any) -> Any:
    """Return a copy of a value in which sets have a fixed order; without any: itself.

    Looks into containers, conditions, expressions, constraints and indexes.
    """
    if not _can_hold(value):
        return value
    match value:
        case OrderedItems():
            return value
        case set() | frozenset():
            return OrderedItems(map(with_fixed_order, value))
        case dict() if any(map(_can_hold, value.values())):
            fixed = {key: with_fixed_order(item) for key, item in value.items()}
            return fixed if _differs(fixed.values(), value.values()) else value
        case list() if any(map(_can_hold, value)):
            items = [with_fixed_order(item) for item in value]
            return items if _differs(items, value) else value
        case tuple() if any(map(_can_hold, value)):
            items = [with_fixed_order(item) for item in value]
            if not _differs(items, value):
                return value
            make = getattr(type(value), "_make", type(value))
            return make(items)
        case _ if isinstance(value, _HOLDERS):
            return _fix_attributes(value)
        case _:
            return value


def _can_hold(value: Any) -> bool:
    """Return whether a value is to be looked into: few are, and it saves most of the time.

    What is loaded when it is first used says its class itself.
    """
    kind: Any = type(value)
    return _is_holder(kind) or (
        value.__class__ is not kind and _is_holder(value.__class__)
    )


@cache
def _is_holder(kind: type) -> bool:
    return issubclass(kind, _KINDS)


def _differs(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return any(one is not other for one, other in zip(new, old, strict=True))


def _fix_attributes(holder: Any) -> Any:
    changed = dict(_list_fixed_attributes(holder))
    if not changed:
        return holder
    fixed = copy.copy(holder)
    vars(fixed).update(changed)
    return fixed


def _list_fixed_attributes(holder: Any) -> Iterator[tuple[str, Any]]:
    for name, value in vars(holder).items():
        if not _can_hold(value):
            continue
        fixed = with_fixed_order(value)
        if fixed is not value:
            yield name, fixed
    if isinstance(holder, Lookup):
        yield from _list_fixed_operands(holder)


def _list_fixed_operands(lookup: Any) -> Iterator[tuple[str, Any]]:
    """Yield the right side of a lookup that was made with a set.

    ``In(F("state"), {"new", "paid"})`` holds a list by now, and the set among what Django
    keeps of the call, to write it into migrations.
    """
    arguments, keywords = lookup._constructor_args
    fixed = with_fixed_order(arguments), with_fixed_order(keywords)
    if _differs(fixed, (arguments, keywords)):
        yield "rhs", type(lookup)(*fixed[0], **fixed[1]).rhs


def with_ordered_default(field: Any) -> Any:
    """Return a copy of a field; the sets in its default have a fixed order."""
    ordered = copy.copy(field)
    ordered.get_default = lambda: with_fixed_order(field.get_default())
    return ordered


@contextmanager
def hold_fixed_order(chosen: Iterable[type[models.Model]]) -> Iterator[None]:
    """Hold the sets of some models, and of their fields, in a fixed order."""
    with ExitStack() as stack:
        for model in chosen:
            if changed := _fix_options(model):
                stack.enter_context(_hold_attributes(model._meta, changed))
            for field in model._meta.local_fields:
                if changed := dict(_list_fixed_attributes(field)):
                    stack.enter_context(_hold_attributes(field, changed))
        yield


def _fix_options(model: type[models.Model]) -> dict[str, Any]:
    """Return the options of a model that hold a set, with the sets in a fixed order.

    What was written is normalized already, so ``unique_together = {"a", "b"}`` is read
    from where Django keeps it as written.
    """
    meta: Any = model._meta
    named = {name: getattr(meta, name) for name in ("constraints", "indexes")}
    changed = {
        name: fixed
        for name, value in named.items()
        if (fixed := with_fixed_order(value)) is not value
    }
    for name in ("unique_together", "index_together"):
        written = meta.original_attrs.get(name)
        fixed = with_fixed_order(written)
        if fixed is not written:
            changed[name] = normalize_together(fixed)
    return changed


@contextmanager
def _hold_attributes(holder: Any, values: dict[str, Any]) -> Iterator[None]:
    before = {name: vars(holder)[name] for name in values}
    vars(holder).update(values)
    try:
        yield
    finally:
        vars(holder).update(before)
