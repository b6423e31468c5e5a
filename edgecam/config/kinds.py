"""What kind of value an option expects, told from its type, and how to say so to people."""

import functools
import re
import types
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # in no file name and in no payload


@dataclass(frozen=True)
class Kind:
    """The kind of one value: its type taken apart, and in words."""

    annotation: Any
    optional: bool
    described: str
    section: type[msgspec.Struct] | None = None
    items: "Kind | None" = None
    entries: "Kind | None" = None
    names: "Kind | None" = None
    is_path: bool = False
    min_length: int = 0
    max_length: int | None = None

    def fits(self, value: object) -> bool:
        """Whether a plain value is of this kind."""
        if isinstance(value, str) and _UNSTORABLE.search(value):
            return False
        try:
            msgspec.convert(value, self.annotation)
        except msgspec.ValidationError:
            return False
        return True

    def length_fits(self, values: list[Any]) -> bool:
        """Whether a list has as many items as it may."""
        longest = len(values) if self.max_length is None else self.max_length
        return self.min_length <= len(values) <= longest


@functools.cache
def of(annotation: Any) -> Kind:  # noqa: ANN401  any type
    """The kind behind a type such as `Annotated[float, Meta(gt=0)] | None`."""
    bare, optional = _without_none(annotation)
    base, meta = _without_meta(bare)
    described = meta.description or _described(base, meta)
    origin = get_origin(base)
    if origin is list:
        return Kind(
            bare,
            optional,
            described,
            items=of(get_args(base)[0]),
            min_length=meta.min_length or 0,
            max_length=meta.max_length,
        )
    if origin is dict:
        name, entry = get_args(base)
        return Kind(bare, optional, described, names=of(name), entries=of(entry))
    if isinstance(base, type) and issubclass(base, msgspec.Struct):
        names = ", ".join(base.__struct_fields__)
        return Kind(bare, optional, f"a section with {names}", section=base)
    is_path = bool((meta.extra or {}).get("path"))
    return Kind(bare, optional, described, is_path=is_path)


def _without_none(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401
    if get_origin(annotation) in (Union, types.UnionType):
        (inner,) = (arg for arg in get_args(annotation) if arg is not types.NoneType)
        return inner, True
    return annotation, False


def _without_meta(annotation: Any) -> tuple[Any, Meta]:  # noqa: ANN401
    if get_origin(annotation) is Annotated:
        base, *metas = get_args(annotation)
        return base, metas[0]
    return annotation, Meta()


def _described(base: Any, meta: Meta) -> str:  # noqa: ANN401
    if base is bool:
        return "true or false"
    if base in (int, float):
        return ("a whole number" if base is int else "a number") + _range(meta)
    if base is str:
        return "text"
    if get_origin(base) is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(base))
    if get_origin(base) is list:
        return f"a list{_count(meta)}, each {of(get_args(base)[0]).described}"
    return "a section with options in it"


def _range(meta: Meta) -> str:
    if meta.ge is not None and meta.le is not None:
        return f" from {meta.ge} to {meta.le}"
    bounds = [(">", meta.gt), ("≥", meta.ge), ("<", meta.lt), ("≤", meta.le)]
    given = [f"{sign} {bound}" for sign, bound in bounds if bound is not None]
    return " " + " and ".join(given) if given else ""


def _count(meta: Meta) -> str:
    if meta.min_length == meta.max_length:
        return f" of {meta.min_length}" if meta.min_length else ""
    if meta.max_length is None:
        return f" of at least {meta.min_length}"
    return f" of {meta.min_length or 0} to {meta.max_length}"
