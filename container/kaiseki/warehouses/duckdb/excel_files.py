"""Workbooks: each sheet that holds something becomes a table; its first row is the header."""

from pathlib import Path

import duckdb
import pandas as pd

from kaiseki.errors import InputError
from kaiseki.warehouses.identifiers import column_names, quoted


def read_sheets(file: Path) -> dict[str, pd.DataFrame]:
    """The sheets that are not empty, by name. Raises InputError."""
    try:
        sheets = pd.read_excel(file, sheet_name=None, engine="openpyxl")
    except Exception as error:  # openpyxl raises whatever a damaged file makes it trip over
        raise InputError(f"{file.name} cannot be read as an Excel file", "Save it as .xlsx or CSV.") from error
    filled = {str(name): frame.dropna(how="all") for name, frame in sheets.items() if len(frame.columns)}
    if not filled:
        raise InputError(f"{file.name} holds no table", "Put a header line and rows on a sheet.")
    return filled


def load_sheet(connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame, table: str) -> None:
    """Makes `table` of a sheet; a column of mixed values becomes text."""
    headers = ["" if str(c).startswith("Unnamed: ") else str(c) for c in frame.columns]
    prepared = frame.set_axis(column_names(headers), axis="columns").convert_dtypes()
    for column in prepared.select_dtypes("object"):
        prepared[column] = prepared[column].map(lambda v: v if pd.isna(v) else str(v)).astype("string")
    connection.register("sheet", prepared)
    connection.execute(f"CREATE TABLE {quoted(table)} AS SELECT * FROM sheet")  # noqa: S608
    connection.unregister("sheet")
