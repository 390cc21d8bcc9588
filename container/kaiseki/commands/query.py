"""`kaiseki query`: one statement, in the dialect and behind the guard that a model's queries meet."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kaiseki.build import open_warehouse
from kaiseki.errors import InputError
from kaiseki.settings import Settings
from kaiseki.warehouses.parquet_results import rows_as_json


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    sql = sys.stdin.read() if arguments.sql == "-" else arguments.sql
    if arguments.limit < 1:
        raise InputError("--limit must be at least 1", hint="leave it out for 1,000")
    with tempfile.TemporaryDirectory() as folder, open_warehouse(settings, settings.now) as warehouse:
        path = Path(folder) / "result.parquet"
        query = warehouse.run("result", sql, path, arguments.limit)
        if query.failure is not None:
            line = f"line {query.failure.line}: " if query.failure.line else ""
            raise InputError(
                f"{line}{query.failure.message}", hint=query.failure.hint, code=f"query.{query.failure.type}"
            )
        columns, rows = rows_as_json(path)
    if arguments.json:
        result = {
            "columns": columns,
            "rows": rows,
            "truncated": query.truncated,
            "executed_sql": query.executed_sql,
            "warnings": list(query.warnings),
        }
        print(json.dumps(result, ensure_ascii=False))
        return 0
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)
    print(f"{query.rows:,} rows" + (f", truncated: --limit is {arguments.limit:,}" if query.truncated else ""))
    for warning in query.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return 0
