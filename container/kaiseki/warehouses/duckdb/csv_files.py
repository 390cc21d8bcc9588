"""CSV files as they come: loads one into a table with names, types and nulls that can be relied on.

The text is decoded (UTF-8 with or without BOM, UTF-16 with BOM, else Shift_JIS/CP932), read by DuckDB as text only,
and typed from all of its rows. The first line is the header. A file that cannot be read whole is refused."""

import codecs
import csv
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from kaiseki.cells import long_cells
from kaiseki.errors import InputError
from kaiseki.warehouses.duckdb.csv_types import typed_expressions
from kaiseki.warehouses.identifiers import column_names, quoted

_CHUNK = 1 << 20
_MOST_COLUMNS = 1_600
_LONGEST_NAME = 1 << 24  # characters of a cell of the header, after which a quote was not closed
_SNIFFED = 1 << 16  # characters that the delimiter is guessed from
_COMMON_LEADS = frozenset(range(0x81, 0xA0))  # of the first 3,000 kanji, kana and signs, in Shift_JIS
_RARE_LEADS = frozenset(range(0xE0, 0xFD))
_DELIMITERS = (",", ";", "\t", "|")
_ERROR_LINE = re.compile(r"CSV Error on Line: (\d+)")
_ERROR_COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


def load_csv(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> None:
    """Makes `table` of the file. Raises InputError, which names the file and, where it can, the line."""
    with _as_utf8(path) as readable:
        with readable.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(_SNIFFED)
        if not sample.strip():
            raise InputError(f"{path.name} is empty", f"Give {path.name} a header line, or remove the file.")
        delimiter = _delimiter(sample)
        skipped, header = _header(path, readable, delimiter)
        if len(header) > _MOST_COLUMNS:
            message = f"{path.name} has {len(header):,} columns; {_MOST_COLUMNS:,} are the most, as in Redshift"
            raise InputError(message, "Leave out those that you do not need, or put names and values into rows.")
        names = column_names(header)
        _require_closed_quotes(path, readable, delimiter)
        _read_as_text(connection, path, readable, delimiter, skipped, names, table)
    expressions = typed_expressions(connection, table, names)
    connection.execute(f"CREATE TABLE {quoted(table)} AS SELECT {', '.join(expressions)} FROM {_raw(table)}")  # noqa: S608
    connection.execute(f"DROP TABLE {_raw(table)}")


def _raw(table: str) -> str:
    return quoted(f"raw text of {table}")


@contextmanager
def _as_utf8(path: Path) -> Iterator[Path]:
    """The file itself if it is UTF-8, else a copy that is."""
    encoding = _encoding(path)
    if encoding in ("utf-8", "utf-8-sig"):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="kaiseki-csv-") as folder:
        copy = Path(folder) / "decoded.csv"
        with path.open(encoding=encoding, newline="") as source, copy.open("w", encoding="utf-8", newline="") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
        yield copy


def _encoding(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(_CHUNK)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{path.name} cannot be read: {reason}", f"Check the permissions of {path}.") from error
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in start:
        raise InputError(f"{path.name} is not text: it contains zero bytes", "Save it as CSV in UTF-8, or remove it.")
    for encoding in ("utf-8-sig", "cp932"):
        if _decodes(path, encoding) and not (encoding == "cp932" and _is_western(path)):
            return encoding
    line = _first_bad_line(path)
    message = f"{path.name} is neither UTF-8 nor Shift_JIS, first at line {line}"
    raise InputError(message, "Save it as CSV in UTF-8.")


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(_CHUNK):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _is_western(path: Path) -> bool:
    """Whether Shift_JIS would make rare ideographs of accented letters (`Orléans`): it reads as such by chance.

    Kana and all common kanji begin with bytes up to 0x9F, which hardly any letter of a Western code page is.
    """
    with path.open("rb") as file:
        chunks = list(iter(lambda: frozenset(file.read(_CHUNK)), frozenset()))
    found = frozenset().union(*chunks)
    return bool(found & _RARE_LEADS) and not found & _COMMON_LEADS


def _first_bad_line(path: Path) -> int:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def _delimiter(sample: str) -> str:
    """The delimiter that most often cuts the header; among equals, the one that cuts the next rows alike."""
    counts = Counter({d: _cells(sample, d)[0] for d in _DELIMITERS})
    best = max(counts.values())
    if best == 1:
        return ","
    likely = [d for d in _DELIMITERS if counts[d] == best]
    return min(likely, key=lambda d: len(set(_cells(sample, d))))


def _cells(sample: str, delimiter: str) -> list[int]:
    rows = csv.reader(sample.splitlines(keepends=True)[:50], delimiter=delimiter)
    try:
        counts = [len(row) for row in rows if row]
    except csv.Error:
        return [1]
    return counts[:-1] or counts or [1]


def _header(path: Path, readable: Path, delimiter: str) -> tuple[int, list[str]]:
    """How many blank lines come first, and the cells of the first row that is not blank."""
    with long_cells(_LONGEST_NAME), readable.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=delimiter)
        before = 0
        try:
            for row in rows:
                if any(cell.strip() for cell in row):
                    return before, row
                before = rows.line_num
        except csv.Error as error:
            raise InputError(
                f"{path.name} has a header that cannot be read: {error}", "Mend its first line."
            ) from error
    raise InputError(f"{path.name} is empty", f"Give {path.name} a header line, or remove the file.")


def _require_closed_quotes(path: Path, readable: Path, delimiter: str) -> None:
    """DuckDB takes the rest of the file as one value. Only an odd number of quotes can mean an open one."""
    with readable.open("rb") as file:
        quotes = sum(chunk.count(b'"') for chunk in iter(lambda: file.read(_CHUNK), b""))
    if quotes % 2 == 0:
        return
    with readable.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        begun = 1
        try:
            for _ in rows:
                begun = rows.line_num + 1
        except csv.Error as error:
            message = f"{path.name}, line {begun}: a quote is not closed, or text follows a closing one"
            raise InputError(message, 'Close the quote, or double it inside a value: "".') from error


def _read_as_text(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    readable: Path,
    delimiter: str,
    skipped: int,
    names: list[str],
    table: str,
) -> None:
    columns = ", ".join(f"{_literal(n)}: 'VARCHAR'" for n in names)
    try:
        connection.execute(
            f"CREATE TABLE {_raw(table)} AS SELECT * FROM read_csv({_literal(str(readable))}, auto_detect=false, "  # noqa: S608
            f"header=true, skip={skipped}, delim={_literal(delimiter)}, quote='\"', escape='\"', "
            f"columns={{{columns}}}, strict_mode=true, null_padding=false, ignore_errors=false, "
            "max_line_size=16777216, parallel=false)"
        )
    except duckdb.Error as error:
        raise _broken(path, str(error)) from error


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _broken(path: Path, error: str) -> InputError:
    found = _ERROR_LINE.search(error)
    where = f"{path.name}, line {found[1]}" if found else path.name
    if columns := _ERROR_COLUMNS.search(error):
        message = f"{where}: {columns[2]} values where the header has {columns[1]} columns"
        return InputError(message, "Mend the line: quote values that contain the delimiter, or add what is missing.")
    if "quote" in error.lower():
        return InputError(f"{where}: a quote is not closed", 'Close the quote, or double it inside a value: "".')
    return InputError(f"{where}: the file cannot be read as CSV", "Save it again as CSV in UTF-8, quoted where needed.")
