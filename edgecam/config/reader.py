"""Reads config.yaml once, and reports everything that is wrong with it, line by line.

The only place that reads YAML. The safe loader, at most 64 kB, no aliases (a few hundred bytes of
them can expand to gigabytes), no duplicate or unknown keys. The document's nodes are walked along
the types in `options`, so that every problem can name its line.
"""

import difflib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from edgecam.config import kinds
from edgecam.config.advice import advice, as_read
from edgecam.config.files import INSTALLATION, Loaded, located, nearest_line, text_of
from edgecam.config.options import Config
from edgecam.config.rules import broken
from edgecam.config.shown import printable, shown
from edgecam.errors import ConfigError

_MAP = "tag:yaml.org,2002:map"
_NULL = "tag:yaml.org,2002:null"
# A file of something else has thousands of problems; nobody reads them, and a journal fills up.
MAX_PROBLEMS = 50
_LINE_CHARS = 1000

# Keys that people try, and what to do instead.
_HINTS = {
    "mqtt.password": "a password never stands in this file; put it into a file of its own and "
    "name that in mqtt.password_file",
}

# By a part of what PyYAML says: what people do wrong most, in their words.
_PLAIN = {
    r"'\t'": "a tab; indent with spaces",
    "expected <block end>": "indented neither like the line above nor like a section before it",
    "mapping values are not allowed": "two `name:` in one line, or deeper than the line above; "
    "put a value that holds `: ` in quotes",
}


def load(path: Path) -> Loaded:
    """Read and check a configuration. Raises ConfigError with every problem, one a line."""
    reader = _Reader(path)
    config = reader.read(text_of(path))
    return Loaded(config, path, reader.lines)


class _Loader(yaml.SafeLoader):
    """The safe loader, refusing aliases."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401  as PyYAML has it
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not allowed; write the value out", event.start_mark
            )
        return super().compose_node(parent, index)


class _AsWritten(str):
    """The text of a value that YAML cannot make sense of; fits no kind of option."""

    __slots__ = ()


class _Reader:
    """Walks the nodes along the types; collects plain values, lines and problems."""

    def __init__(self, file: Path) -> None:
        self.lines: dict[str, int] = {}
        self._file = file
        self._problems: list[tuple[int, str]] = []

    def read(self, text: str) -> Config:
        root = self._compose(text)
        values = self._section(root, Config, "")
        if not self._problems:
            config = msgspec.convert(values, Config)
            for option, message in broken(config):
                self._report(option, message)
            if not self._problems:
                return config
        lines = [text for _, text in sorted(self._problems)]
        shown_lines = [line[:_LINE_CHARS] for line in lines[:MAX_PROBLEMS]]
        if len(lines) > MAX_PROBLEMS:
            shown_lines.append(f"{self._file}: and {len(lines) - MAX_PROBLEMS} more problems")
        raise ConfigError("\n".join(shown_lines))

    def _compose(self, text: str) -> yaml.MappingNode:
        try:
            root = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            msg = f"{self._file}:{line}: not valid YAML: {_plain(error.problem)}"
            raise ConfigError(msg) from error
        except (yaml.YAMLError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            msg = f"{self._file}: not valid YAML: {' '.join(reason.split())}"
            raise ConfigError(msg) from error
        if root is None or root.tag == _NULL:
            msg = f"{self._file}: empty; start from the config.yaml that comes with edgecam"
            raise ConfigError(msg)
        if not isinstance(root, yaml.MappingNode):
            msg = f"{self._file}:1: expected options as `name: value`"
            raise ConfigError(msg)
        return root

    def _report(self, option: str, message: str, line: int | None = None) -> None:
        if line is not None:
            self.lines.setdefault(option, line)
        # Some messages hold values of the file, all of them its keys.
        problem = printable(f"{located(self._file, self.lines, option)}: {message}")
        self._problems.append((nearest_line(self.lines, option), problem))

    def _value(self, node: yaml.Node | None, kind: kinds.Kind, path: str) -> Any:  # noqa: ANN401
        """The plain value of a node, after checking it against the kind of value expected."""
        if node is not None:
            self.lines.setdefault(path, node.start_mark.line + 1)
        if node is not None and node.tag == _NULL and kind.optional:
            return None
        if kind.section is not None:
            return self._section(node, kind.section, path)
        if kind.items is not None and isinstance(node, yaml.SequenceNode):
            values = [
                self._value(item, kind.items, f"{path}[{index}]")
                for index, item in enumerate(node.value)
            ]
            return self._checked(values, kind, path, whole_only=True)
        if kind.entries is not None and isinstance(node, yaml.MappingNode):
            entries = {}
            for name, item in self._entries(node, path):
                if kind.names is not None:
                    self._checked(name, kind.names, f"{path}.{name}")
                entries[name] = self._value(item, kind.entries, f"{path}.{name}")
            return entries
        value = self._construct(node)
        if isinstance(node, yaml.ScalarNode) and not kind.fits(value):
            got = as_read(node.value, value) + advice(node.value, value, kind)
            self._report(path, f"expected {kind.described}, got {got}")
            return value
        return self._checked(value, kind, path)

    def _checked(self, value: Any, kind: kinds.Kind, path: str, *, whole_only: bool = False) -> Any:  # noqa: ANN401
        """`value` where it fits its kind; a path is made absolute."""
        sound = not isinstance(value, _AsWritten) and (
            not isinstance(value, float) or math.isfinite(value)
        )
        fits = kind.length_fits(value) if whole_only else kind.fits(value)
        if not fits or not sound:
            got = shown(value)
            self._report(path, f"expected {kind.described}, got {got}")
        elif kind.is_path and "://" not in value:
            return str(self._file.absolute().parent / value)
        return value

    def _construct(self, node: yaml.Node | None) -> Any:  # noqa: ANN401
        try:
            return _Loader("").construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
            # As written, for the message about it; nodes below would show the parser's inside.
            return _AsWritten(node.value) if isinstance(node, yaml.ScalarNode) else {}

    def _section(
        self, node: yaml.Node | None, section: type[msgspec.Struct], path: str
    ) -> dict[str, Any]:
        fields = {item.encode_name: item for item in msgspec.structs.fields(section)}
        values: dict[str, Any] = {}
        if node is not None and (not isinstance(node, yaml.MappingNode) or node.tag != _MAP):
            got = shown(self._construct(node))
            self._report(path, f"expected {kinds.of(section).described}, got {got}")
            return values
        for name, item in self._entries(node, path):
            option = f"{path}.{name}".lstrip(".")
            if name not in fields:
                line = item.start_mark.line + 1
                self._report(option, _unknown(option, name, list(fields)), line)
                continue
            values[name] = self._value(item, kinds.of(fields[name].type), option)
        for name, item_field in fields.items():
            if name not in values:
                values |= self._default(name, item_field, f"{path}.{name}".lstrip("."))
        return values

    def _default(self, name: str, item: msgspec.structs.FieldInfo, option: str) -> dict[str, Any]:
        """What stands for an option that is not in the file; nothing where the struct knows."""
        kind = kinds.of(item.type)
        if kind.optional and item.default is None:
            return {}
        if kind.section is not None:  # its defaults may be paths, to be made absolute
            return {name: self._section(None, kind.section, option)}
        if item.required:
            self._report(option, f"missing; expected {kind.described}")
        elif kind.is_path and isinstance(item.default, str):
            return {name: str(INSTALLATION / item.default)}
        return {}

    def _entries(self, node: yaml.MappingNode | None, path: str) -> Iterator[tuple[str, yaml.Node]]:
        """The key and value nodes of a mapping whose keys are text and not repeated."""
        seen: set[str] = set()
        for key, value in node.value if node is not None else ():
            line = key.start_mark.line + 1
            option = f"{path}.{key.value}".lstrip(".")
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                self._report(
                    option if isinstance(key, yaml.ScalarNode) else path,
                    "YAML does not read this key as text; put it in quotes",
                    line,
                )
            elif key.value in seen:
                self._problems.append(
                    (line, f"{self._file}:{line}: {printable(option)}: written twice")
                )
            else:
                seen.add(key.value)
                self.lines[option] = line
                yield key.value, value


def _unknown(option: str, name: str, known: list[str]) -> str:
    if option in _HINTS:
        return _HINTS[option]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return (
        f"unknown option; did you mean {near[0]}?"
        if near
        else (f"unknown option; known here: {', '.join(known)}")
    )


def _plain(problem: str | None) -> str:
    text = problem or "syntax error"
    return next((plain for part, plain in _PLAIN.items() if part in text), text)
