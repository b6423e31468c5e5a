"""What is decided on and may be reported: labels of the model, and groups of them.

Both halves build these from the same configuration: vision to decide, the publisher to refuse
whatever else comes over the wall.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgecam.config import DecisionOptions
from edgecam.errors import ConfigError


@dataclass(frozen=True)
class Subject:
    """A label or a group: its index in the wall's label table, and the labels that it sums up.

    Names are unique: labels that a model names alike are one subject, known by its first index.
    """

    name: str
    index: int
    members: tuple[int, ...]
    appear: float
    disappear: float


def choose(options: DecisionOptions, labels: Sequence[str]) -> tuple[Subject, ...]:
    """The subjects of a configuration: labels in no group first, then groups by name.

    Raises ConfigError for a name that neither the model nor a group knows.
    """
    groups = {name: options.groups[name] for name in sorted(options.groups)}
    members = _group_members(groups, labels)
    _check_known(options, labels, groups)
    taken = {index for group in members.values() for index in group}
    alone: dict[str, list[int]] = {}
    for index, name in enumerate(labels):
        if index not in taken:
            alone.setdefault(name, []).append(index)
    named = [(name, indices[0], indices) for name, indices in alone.items()]
    named += [(name, len(labels) + position, members[name]) for position, name in enumerate(groups)]
    return tuple(
        Subject(name, index, tuple(summed), *_thresholds(options, name))
        for name, index, summed in named
        if name not in options.ignore and (not options.only or name in options.only)
    )


def _thresholds(options: DecisionOptions, name: str) -> tuple[float, float]:
    own = options.labels.get(name)
    appear = options.appear if own is None or own.appear is None else own.appear
    disappear = options.disappear if own is None or own.disappear is None else own.disappear
    return appear, disappear


def _group_members(
    groups: Mapping[str, Sequence[str]], labels: Sequence[str]
) -> dict[str, list[int]]:
    members = {}
    for group, names in groups.items():
        for position, name in enumerate(names):
            if name not in labels:
                raise _unknown_label(f"decision.groups.{group}[{position}]", name, labels)
        if group in labels and group not in names:
            msg = f'"{group}" is already a label of the model; name it as a member, or rename'
            raise ConfigError(msg, option=f"decision.groups.{group}")
        members[group] = [index for index, label in enumerate(labels) if label in names]
    return members


def _check_known(
    options: DecisionOptions, labels: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> None:
    """Raises ConfigError for names that nothing stands behind, or only a group."""
    table = [*labels, *groups]
    group_of = {name: group for group, names in groups.items() for name in names}
    for option, names in (
        ("only", options.only),
        ("ignore", options.ignore),
        ("labels", options.labels),
    ):
        for position, name in enumerate(names):
            place = f".{name}" if option == "labels" else f"[{position}]"
            if name not in table:
                raise _unknown_label(f"decision.{option}{place}", name, table)
            if name in group_of and name not in groups:
                msg = f'"{name}" counts as "{group_of[name]}" (decision.groups); name that instead'
                raise ConfigError(msg, option=f"decision.{option}{place}")


_PEOPLE = {"person", "people", "human", "man", "woman", "child", "face"}


def _unknown_label(option: str, name: str, known: Sequence[str]) -> ConfigError:
    wanted = {name.lower(), name.lower().removesuffix("s")}
    near = [label for label in known if wanted & set(re.split(r"\W+", label.lower()))]
    if not near and wanted & _PEOPLE:
        return ConfigError(f'"{name}" is no label of the model: it knows no people', option=option)
    near = near[:5] or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    names = " or ".join(f'"{label}"' for label in near)
    hint = f"did you mean {names}?" if near else "`edgecam model inspect --list` prints the labels"
    return ConfigError(f'"{name}" is no label of the model and no group; {hint}', option=option)
