"""What is in the tables: rows, exact duplicates, and each column's filling, variety and range."""

from kaiseki.lm.offline.draft import remarks
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.program import Program, fill, shown
from kaiseki.lm.offline.reading import Column, Table
from kaiseki.lm.offline.wording import choose, listed, say

_MOST_TABLES = 8
_CODE = """
contents = $contents
loaded = [load(query).iloc[0] for query in $queries]
measured = []
for row, (table_name, names) in zip(loaded, contents):
    for i, (name, kind) in enumerate(names):
        measured.append({
            "table": table_name,
            "column": name,
            "type": kind,
            "rows": int(row["row_count"]),
            "missing": int(row["row_count"]) - int(row[f"filled_{i}"]),
            "distinct": int(row[f"distinct_{i}"]),
            "min": row.get(f"low_{i}", np.nan),
            "mean": row.get(f"mean_{i}", np.nan),
            "max": row.get(f"high_{i}", np.nan),
        })
columns = pd.DataFrame(measured)
tables = pd.DataFrame({
    "table": [name for name, _ in contents],
    "rows": [int(row["row_count"]) for row in loaded],
    "duplicates": [int(row["row_count"]) - int(row["distinct_rows"]) for row in loaded],
})
fact("tables_seen", len(tables))
fact("columns_seen", len(columns))
fact("total_rows", int(tables["rows"].sum()))
fact("duplicate_rows", int(tables["duplicates"].sum()), note="rows that repeat another row in every column")
gaps = columns[columns["missing"] > 0].sort_values(["missing", "column"], ascending=[False, True])
fact("gaps", $some_missing + ", ".join(gaps["column"].head(3))[:150] if len(gaps) else $none_missing)
table("tables", tables.rename(columns=$labels), $tables_title)
table("columns", columns.round(4).rename(columns=$labels), $columns_title)
$chart
"""
_CHART = """
import altair as alt
filled = columns.assign(share=1 - columns["missing"] / columns["rows"].clip(lower=1))
filled["name"] = filled["table"] + "." + filled["column"]
chart("filled", alt.Chart(filled[["name", "share"]]).mark_bar().encode(
    x=alt.X("share:Q", title=$chart_title, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
    y=alt.Y("name:N", sort=None, title=None)), $chart_title)
"""
_ANSWER = (
    "$read_as\n\nTables: {tables_seen:,}; columns: {columns_seen:,}; rows in all: {total_rows:,}, of which "
    "{duplicate_rows:,} are exact duplicates of another. {gaps}\n\n{table:tables}\n\n{table:columns}",
    "$read_as\n\nテーブル数は {tables_seen:,}、列数は {columns_seen:,}、行数は合計 {total_rows:,} です。"
    "完全に重複した行は "
    "{duplicate_rows:,} 行あります。{gaps}\n\n{table:tables}\n\n{table:columns}",
)
_TEXTS = {
    "what": ("an overview of $tables", "$tables の概要"),
    "some_missing": ("Values are missing most in: ", "欠損が多い列: "),
    "none_missing": ("No value is missing.", "欠損値はありません。"),
    "tables_title": ("Tables", "テーブル"),
    "columns_title": ("Columns", "列"),
    "chart_title": ("Share of rows with a value", "値が入っている行の割合"),
}
_JAPANESE_LABELS = {
    "table": "テーブル",
    "column": "列",
    "type": "型",
    "rows": "行数",
    "missing": "欠損",
    "distinct": "種類数",
    "min": "最小",
    "mean": "平均",
    "max": "最大",
    "duplicates": "重複行",
}


def programs(intent: Intent) -> tuple[Program, Program]:
    """With a chart, and without."""
    return _program(intent, charted=True), _program(intent, charted=False)


def _program(intent: Intent, charted: bool) -> Program:
    tables = intent.tables[:_MOST_TABLES]
    texts = {key: repr(choose(intent.language, pair)) for key, pair in _TEXTS.items() if key != "what"}
    names = [f"overview_{i + 1}" for i in range(len(tables))]
    code = fill(
        _CODE,
        contents=repr([(t.name, [(c.name, c.type) for c in t.columns]) for t in tables]),
        queries=repr(names),
        labels=repr(_JAPANESE_LABELS if intent.language == "ja" else {}),
        chart=fill(_CHART, **texts) if charted else "",
        **texts,
    )
    what = choose(intent.language, _TEXTS["what"], tables=listed(intent.language, [shown(t.sql) for t in tables]))
    read_as = say(intent.language, "read_as", what=what)
    answer = choose(intent.language, _ANSWER, read_as=read_as)
    answer = "\n\n".join(filter(None, (answer, remarks(intent))))
    queries = tuple(zip(names, map(_sql, tables), strict=True))
    return Program("Rows, gaps and ranges of each table", answer, "answered", queries, code, read_as)


def _sql(table: Table) -> str:
    parts = [
        "COUNT(*) AS row_count",
        f"(SELECT COUNT(*) FROM (SELECT DISTINCT * FROM {table.sql}) AS d) AS distinct_rows",  # noqa: S608
    ]
    for i, column in enumerate(table.columns):
        parts += [f"COUNT({column.sql}) AS filled_{i}", f"COUNT(DISTINCT {column.sql}) AS distinct_{i}"]
        parts += _range(column, i) if column.kind == "number" else []
    return "SELECT\n  " + ",\n  ".join(parts) + f"\nFROM {table.sql}"


def _range(column: Column, i: int) -> list[str]:
    value = f"{column.sql}::FLOAT"
    return [f"MIN({value}) AS low_{i}", f"AVG({value}) AS mean_{i}", f"MAX({value}) AS high_{i}"]
