"""Which operations of AWS a program calls, read from its source.

Functions are followed by name: what is named in a function that is reached is reached too. That finds too much rather
than too little, and a call that is new is found without anybody listing it.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Managers of transfers call these by themselves.
TRANSFERS = {"upload": ("put_object", "abort_multipart_upload"), "download": ("get_object",)}
# A transaction is checked by the kinds of its items.
TRANSACTED = {
    "Put": "transact:put",
    "Update": "transact:update",
    "Delete": "transact:delete",
    "ConditionCheck": "transact:check",
}
_CLIENT = re.compile(r"client|brisk|s3|ecs|sqs|events|dynamodb|data|serverless", re.I)


def calls_of(roots: Collection[Path], folders: Sequence[Path]) -> frozenset[str]:
    """The operations, as `put_object` or `transact:update`, that functions of the modules `roots` reach.

    `folders`: where what they import is looked for; what is not found there calls nothing.
    """
    modules = _imported(roots, folders)
    functions: dict[str, list[Function]] = {}
    for module in modules.values():
        for function in _functions(module):
            functions.setdefault(function.name, []).append(function)
    known = _operations(_services(modules.values()))
    waiting = [function for root in roots for function in _functions(modules[root])]
    reached: set[int] = set()
    called: set[str] = set()
    while waiting:
        function = waiting.pop()
        if id(function) in reached:
            continue
        reached.add(id(function))
        called |= set(_called(function, known))
        waiting += [one for name in _named(function) for one in functions.get(name, [])]
    if "transact_write_items" not in called:
        called -= set(TRANSACTED.values())
    return frozenset(called - {"transact_write_items"})


def calls_of_script(source: str) -> frozenset[str]:
    """Of a script as a whole."""
    tree = ast.parse(source)
    return frozenset(_called(tree, _operations(_services([tree]))))


def _imported(roots: Collection[Path], folders: Sequence[Path]) -> dict[Path, ast.Module]:
    found: dict[Path, ast.Module] = {}
    waiting = list(roots)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = ast.parse(path.read_text(encoding="utf-8"))
            waiting += _imports(found[path], folders)
    return found


def _imports(module: ast.Module, folders: Sequence[Path]) -> Iterator[Path]:
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                dotted = [alias.name for alias in names]
            case ast.ImportFrom(module=str(package), names=names):
                dotted = [package, *(f"{package}.{alias.name}" for alias in names)]
            case _:
                continue
        for folder in folders:
            for path in (folder.joinpath(*name.split(".")) for name in dotted):
                yield from (one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file())


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _named(function: Function) -> set[str]:
    names = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    return names | {
        node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _services(trees: Iterable[ast.AST]) -> frozenset[str]:
    """Those of which somebody makes a client."""
    return frozenset(
        str(argument.value)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _last_name(node.func) == "client"
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant)
    )


@cache
def _operations(services: frozenset[str]) -> frozenset[str]:
    # Stores are given their clients: what these may be is what the programs use.
    usual = {"bedrock-runtime", "dynamodb", "ecs", "events", "s3", "sqs"}
    session = botocore.session.get_session()
    return frozenset(
        xform_name(name) for service in usual | services for name in session.get_service_model(service).operation_names
    )


def _called(tree: ast.AST, known: frozenset[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, receiver = node.func.attr, _last_name(node.func.value)
            if name in ("get_paginator", "generate_presigned_url", "get_waiter"):
                yield _constant(node)
            elif name in TRANSFERS and receiver == "manager":
                yield from TRANSFERS[name]
            elif name in known and ("_" in name or _CLIENT.search(receiver)):
                yield name
        elif isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and key.value in TRANSACTED:
                    yield TRANSACTED[str(key.value)]


def _last_name(receiver: ast.expr) -> str:
    match receiver:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Attribute(attr="client")):
            return "client"
    return ""


def _constant(call: ast.Call) -> str:
    match call.args[:1]:
        case [ast.Constant(value=str(name))]:
            return name
    raise NotImplementedError(f"line {call.lineno}: which operation is meant is not written there")
