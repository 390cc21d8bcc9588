"""From a statement to its rows on disk: by a cursor, or by UNLOAD where they turn out to be many."""

import tempfile
from dataclasses import replace
from pathlib import Path

from kaiseki.data_files import parts_folder, remove_data
from kaiseki.warehouses.query_run import Prepared, Result
from kaiseki.warehouses.redshift import results as redshift_results
from kaiseki.warehouses.redshift.cursor import CursorReader
from kaiseki.warehouses.redshift.results import Fetched
from kaiseki.warehouses.redshift.server import Server
from kaiseki.warehouses.redshift.unload import NotUnloaded, Unloader, UnloadSettings
from kaiseki.warehouses.redshift.unload_sql import can_unload

_SORT_OTHERWISE = "sort by columns that the query returns, or not at all, and it can be unloaded"


class ResultReader:
    def __init__(self, server: Server, unload: UnloadSettings | None, cursor_rows: int) -> None:
        self._by_cursor = CursorReader(server)
        self._cursor_rows = cursor_rows
        self._unloader = Unloader(server, unload) if unload else None

    def read(self, prepared: Prepared, into: Path, row_cap: int) -> Result:
        """Writes `into`, or the files of its folder, in place of both. Raises Refusal and WarehouseError."""
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=".rows-") as folder:
            rows = Path(folder) / "rows.arrow"
            if self._unloader is None or row_cap <= self._unloader.above:
                return self._fetched(prepared, rows, into, row_cap, ())
            if not can_unload(prepared):
                return self._fetched(prepared, rows, into, row_cap, (), _SORT_OTHERWISE)
            above = self._unloader.above
            fetched, warnings = self._by_cursor.read(prepared, rows, above + 1)
            if fetched.rows <= above:
                return _written(fetched, rows, into, row_cap, warnings)
            try:
                return _unloaded(self._unloader, prepared, fetched, Path(folder), into, row_cap)
            except NotUnloaded as failed:
                why = f"the result came by a cursor, which is slower, since it could not be unloaded: {failed}"
            return self._fetched(prepared, rows, into, row_cap, (why,))

    def _fetched(
        self,
        prepared: Prepared,
        rows: Path,
        into: Path,
        row_cap: int,
        warnings: tuple[str, ...],
        hint: str = "aggregate or filter more in SQL",
    ) -> Result:
        """At most what a cursor may bring; `hint` says what else brings more of it."""
        most = min(row_cap, self._cursor_rows)
        fetched, more = self._by_cursor.read(prepared, rows, most + 1)
        if fetched.rows > most and most < row_cap:
            more = (*more, f"a cursor brings {most:,} rows at most, and there are more: {hint}")
        return _written(fetched, rows, into, most, (*warnings, *more))


def _written(fetched: Fetched, rows: Path, into: Path, row_cap: int, warnings: tuple[str, ...]) -> Result:
    remove_data(into)
    written = redshift_results.write(fetched, rows, into, row_cap)
    return Result(fetched.described, written, (*warnings, *_of_types(fetched)))


def _unloaded(
    unloader: Unloader, prepared: Prepared, fetched: Fetched, folder: Path, into: Path, row_cap: int
) -> Result:
    parts = folder / into.stem
    written, wide, left = unloader.read(prepared, fetched.columns, parts, row_cap)
    remove_data(into)
    parts.rename(parts_folder(into))
    return Result(replace(fetched, wide=wide).described, written, (*_of_types(fetched), *([left] if left else [])))


def _of_types(fetched: Fetched) -> list[str]:
    return [
        f"the column {column} is VARBYTE and comes as hexadecimal text"
        for column, type_ in fetched.described
        if type_ == "VARBYTE"
    ]
