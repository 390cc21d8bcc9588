"""The catalog of those schemas alone that may be read. The guard admits by the catalog: what is not in it is not there.

Nothing that goes on from here tells whether there is more: no name, no count, no key into a hidden table."""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace

from kaiseki.errors import SettingError
from kaiseki.models import Catalog, Column, Table

_UNNAMED = ("main", "public")  # what a schema without a name may be called


def limited(catalog: Catalog, schemas: tuple[str, ...] | None, existing: Callable[[], Collection[str]]) -> Catalog:
    """`catalog` without the tables of other schemas than `schemas`; attached files are always among those kept.

    `existing` tells the names of all schemas, and is asked where one of `schemas` has no table. Raises SettingError
    for a name that is none of them.
    """
    if schemas is None:
        return catalog
    named = {schema_of(table) for table in catalog.tables if table.kind != "attachment"}
    _require([name for name in schemas if name not in named | _called(named)], existing)
    readable = readable_names(named, schemas)
    kept = [t for t in catalog.tables if schema_of(t) in readable or t.kind == "attachment"]
    known = {table.qualified.lower() for table in kept}
    tables = tuple(_without_hidden_keys(table, known) for table in kept)
    return Catalog(tables=tables, fingerprint=_fingerprint(tables), schemas=schemas)


def readable_names(named: Collection[str], schemas: tuple[str, ...] | None) -> set[str]:
    """Those of the schemas `named` (in lower case; one may have no name) that `schemas` lets read."""
    if schemas is None:
        return {*named}
    return {name for name in named if name in schemas or (not name and _called(named) & {*schemas})}


def schema_of(table: Table) -> str:
    """As a setting names it: with its database where that is another than the warehouse's own. May be empty."""
    return table.qualified[: -len(table.name)].rstrip(".").lower()


def _called(named: Collection[str]) -> set[str]:
    """What the schema without a name is called, if there is one: what no other has for a name."""
    return {name for name in _UNNAMED if name not in named} if "" in named else set()


def _require(missing: list[str], existing: Callable[[], Collection[str]]) -> None:
    there = {name.lower() for name in existing()} if missing else ()
    unknown = [name for name in missing if name not in there]
    if unknown:
        raise SettingError(
            f"the warehouse has no schema {' or '.join(unknown)} that its user may see",
            hint="mend --schemas or KAISEKI_SCHEMAS; kaiseki schema --grants prints what its user needs",
        )


def _without_hidden_keys(table: Table, known: Collection[str]) -> Table:
    if all(_leads_to(column, known) for column in table.columns):
        return table
    columns = tuple(c if _leads_to(c, known) else replace(c, references=None) for c in table.columns)
    return table.model_copy(update={"columns": columns})


def _leads_to(column: Column, known: Collection[str]) -> bool:
    return column.references is None or column.references.rpartition(".")[0].lower() in known


def _fingerprint(tables: tuple[Table, ...]) -> str:
    lines = (f"{t.qualified}\t{t.kind}\t{c.name}\t{c.type}" for t in tables for c in t.columns)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
