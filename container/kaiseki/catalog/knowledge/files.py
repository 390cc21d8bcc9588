"""`knowledge/*.yaml` as values; what is wrong in a file is told with its line and the way to mend it."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml  # type: ignore[import-untyped]  # its types are a package of their own
from pydantic import ValidationError

from kaiseki.catalog.knowledge.entries import Knowledge, Term, VerifiedQuestion
from kaiseki.catalog.knowledge.sql import SqlFault, condition, shape_of
from kaiseki.catalog.words import folded
from kaiseki.errors import InputError

_HINT = "docs/knowledge.md shows the form"
_LONGEST_FILE = 1_000_000  # characters
_KINDS: Mapping[str, type[Term | VerifiedQuestion]] = {"terms": Term, "questions": VerifiedQuestion}
_SAID = {
    "missing": "it is missing",
    "string_type": "write it as text, in quotes if it looks like a number",
    "tuple_type": "write it as a list",
    "string_too_short": "it is empty",
}


def parse_knowledge(texts: Mapping[str, str]) -> Knowledge:
    """The entries of all files, `texts` being their names and contents. Raises InputError for the first fault."""
    entries = [entry for name in sorted(texts) for entry in _entries(name, texts[name])]
    terms = tuple(entry for entry in entries if isinstance(entry, Term))
    _require_one_meaning(terms)
    return Knowledge(terms=terms, questions=tuple(entry for entry in entries if isinstance(entry, VerifiedQuestion)))


def _entries(name: str, text: str) -> Iterator[Term | VerifiedQuestion]:
    root, data = _loaded(name, text)
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise _fault(name, root, "the file is no mapping: begin it with `terms:` or `questions:`")
    for key, node in root.value:
        kind = _KINDS.get(key.value)
        if kind is None:
            raise _fault(name, key, f"there is no section `{key.value}`: the sections are terms and questions")
        if isinstance(node, yaml.ScalarNode) and data[key.value] is None:
            continue
        if not isinstance(node, yaml.SequenceNode):
            raise _fault(name, node, f"the section `{key.value}` is no list: begin each entry with a dash")
        for entry_node, entry in zip(node.value, data[key.value], strict=True):
            yield _entry(name, kind, entry_node, entry)


def _loaded(name: str, text: str) -> tuple[yaml.Node | None, Any]:
    """The tree with its lines, and the plain values of it; without aliases, by which a short file can grow at will."""
    if len(text) > _LONGEST_FILE:
        raise InputError(f"{name} is too long for knowledge: {len(text):,} characters", hint="split it")
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None, None
        _require_plain(name, root)
        return root, loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{name}{where}: this is no YAML: {error.problem}", hint=_HINT) from None
    except (LookupError, AttributeError) as error:  # of PyYAML, at a tag that its text does not fit: `!!int ""`
        raise InputError(f"{name}: this is no YAML: a tag does not fit its text", hint=_HINT) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{name}: this is no YAML: {str(error).splitlines()[0]}", hint=_HINT) from None
    finally:
        loader.dispose()


def _require_plain(name: str, root: yaml.Node) -> None:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            raise _fault(name, node, "this is used by an alias (`*name`): write it out")
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.value in keys:
                    raise _fault(
                        name, key, f"the key `{getattr(key, 'value', '')!s:.40}` is there twice, or is no word"
                    )
                keys.add(key.value)
                waiting.append(value)


def _entry(name: str, kind: type[Term | VerifiedQuestion], node: yaml.Node, values: object) -> Term | VerifiedQuestion:
    if not isinstance(node, yaml.MappingNode) or not isinstance(values, dict):
        raise _fault(name, node, f"an entry has {' and '.join(_required(kind))}, each on a line of its own")
    for key, _ in node.value:
        if key.value not in _keys(kind):
            raise _fault(name, key, f"there is no key `{key.value:.40}` here: the keys are {', '.join(_keys(kind))}")
    try:
        entry = kind.model_validate({**values, "source": f"{name}, line {node.start_mark.line + 1}"})
    except ValidationError as error:
        first = error.errors()[0]
        said = _SAID.get(first["type"], first["msg"][:1].lower() + first["msg"][1:])
        raise _fault(name, _at(node, first["loc"]), f"{'.'.join(map(str, first['loc']))}: {said}") from None
    return _checked(name, node, entry)


def _checked(name: str, node: yaml.Node, entry: Term | VerifiedQuestion) -> Term | VerifiedQuestion:
    """The SQL parses; what is not SQL is checked against the schema later, since it changes."""
    try:
        if isinstance(entry, VerifiedQuestion):
            shape_of(entry.sql)
        elif entry.filter:
            return entry.model_copy(update={"filter": condition(entry.filter)})
    except SqlFault as fault:
        key = "sql" if isinstance(entry, VerifiedQuestion) else "filter"
        raise _fault(name, _at(node, (key,)), f"{key}: {fault}") from None
    return entry


def _require_one_meaning(terms: tuple[Term, ...]) -> None:
    known: dict[str, Term] = {}
    for term in terms:
        for called in term.names:
            other = known.setdefault(folded(called), term)
            if other is not term:
                raise InputError(
                    f"{term.source}: “{called}” has a meaning already: {other.source}", hint="keep one of them"
                )


def _keys(kind: type[Term | VerifiedQuestion]) -> list[str]:
    return [key for key in kind.model_fields if key != "source"]


def _required(kind: type[Term | VerifiedQuestion]) -> list[str]:
    return [key for key, field in kind.model_fields.items() if field.is_required()]


def _at(node: yaml.Node, path: tuple[int | str, ...]) -> yaml.Node:
    """The node below, as far as there is one."""
    for part in path:
        if isinstance(node, yaml.MappingNode):
            below = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            below = node.value[part]
        else:
            below = None
        if below is None:
            break
        node = below
    return node


def _fault(name: str, node: yaml.Node, said: str) -> InputError:
    return InputError(f"{name}, line {node.start_mark.line + 1}: {said}", hint=_HINT)
