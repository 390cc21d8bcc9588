"""What is in the tables: rows, exact duplicates, and each column's filling, variety and range."""

from kaiseki.lm.offline import wording
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.program import Program, fill, shown
from kaiseki.lm.offline.reading import Briefing, Column, Table
from kaiseki.lm.offline.source import Source

_MOST_TABLES = 8

_COLLECT = """
measured = []
for position, (query, table_name, names) in enumerate($tables):
    row = load(query).iloc[0]
    for number, (name, kind, has_range) in enumerate(names):
        measured.append({
            "table": table_name,
            "column": name,
            "type": kind,
            "rows": int(row["row_count"]),
            "missing": int(row["row_count"]) - int(row[f"filled_{number}"]),
            "distinct": int(row[f"distinct_{number}"]),
            "min": float(row[f"low_{number}"]) if has_range and pd.notna(row[f"low_{number}"]) else np.nan,
            "mean": float(row[f"mean_{number}"]) if has_range and pd.notna(row[f"mean_{number}"]) else np.nan,
            "max": float(row[f"high_{number}"]) if has_range and pd.notna(row[f"high_{number}"]) else np.nan,
        })
columns = pd.DataFrame(measured)
"""
_FACTS = """
$loads
tables = pd.DataFrame({"table": $names, "rows": row_counts, "duplicates": duplicates})
fact("tables_seen", len(tables))
fact("total_rows", int(tables["rows"].sum()))
fact("duplicate_rows", int(tables["duplicates"].sum()), note="rows that repeat another row in every column")
fact("columns_seen", len(columns))
with_missing = columns[columns["missing"] > 0].sort_values("missing", ascending=False)
fact("columns_with_missing", len(with_missing))
most = ", ".join(with_missing["column"].head(3).tolist())[:150]
fact("missing_sentence", $some_missing + most if len(with_missing) else $none_missing)
table("tables", tables.rename(columns=$table_labels), $tables_title)
table("columns", columns.rename(columns=$column_labels), $columns_title)
$chart
"""
_CHART = """
chart("filled", alt.Chart(columns.assign(filled=1 - columns["missing"] / columns["rows"].clip(lower=1), name=columns["table"] + "." + columns["column"]))
    .mark_bar().encode(x=alt.X("filled:Q", title=$axis, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])), y=alt.Y("name:N", sort=None, title=None)), $title)
"""
_ANSWER = (
    "$read_as\n\nThere are {tables_seen:,} table(s) with {columns_seen:,} columns and {total_rows:,} rows in all; {duplicate_rows:,} "
    "rows are exact duplicates of another. {missing_sentence}\n\n{table:tables}\n\n{table:columns}",
    "$read_as\n\nテーブルは {tables_seen:,} 個、列は {columns_seen:,} 個、行は合計 {total_rows:,} 行です。完全に重複した行は "
    "{duplicate_rows:,} 行あります。{missing_sentence}\n\n{table:tables}\n\n{table:columns}",
)
_WHAT = ("an overview of $tables", "$tables の概要")
_SOME = ("Values are missing most in: ", "欠損が多い列: ")
_NONE = ("No value is missing.", "欠損値はありません。")
_LABELS = (
    {"table": "table", "column": "column", "rows": "rows", "duplicates": "duplicates"},
    {"table": "テーブル", "column": "列", "type": "型", "rows": "行数", "missing": "欠損", "distinct": "種類数", "min": "最小",
     "mean": "平均", "max": "最大", "duplicates": "重複行"},
)  # fmt: skip
_TITLES = (
    ("Tables", "Columns", "Share of rows with a value", "filled"),
    ("テーブル", "列", "値が入っている行の割合", "充足率"),
)


def programs(intent: Intent, briefing: Briefing) -> tuple[Program, ...]:
    tables = intent.tables[:_MOST_TABLES]
    ja = intent.language == "ja"
    names = wording.listed(intent.language, [shown(t.sql) for t in tables])
    what = wording.choose(intent.language, _WHAT, tables=names)
    read_as = wording.say(intent.language, "read_as", what=what)
    answer = wording.choose(intent.language, _ANSWER, read_as=read_as)
    answer = "\n\n".join(filter(None, (answer, wording.remarks(intent, briefing))))
    titles = _TITLES[ja]
    chart = fill(_CHART, axis=repr(titles[3]), title=repr(titles[2]))
    full = _program(tables, answer, intent, chart=f"import altair as alt\n{chart}")
    plain = _program(tables, answer, intent, chart="")
    narrow = _program(tables[:1], answer, intent, chart="", prefix="narrow")
    return full, plain, narrow


def _program(tables: tuple[Table, ...], answer: str, intent: Intent, chart: str, prefix: str = "overview") -> Program:
    ja = intent.language == "ja"
    queries = [(f"{prefix}_{i + 1}", table) for i, table in enumerate(tables)]
    listed = [
        (query, t.name, [(c.name, c.type, c.numeric and c.kind == "number") for c in t.columns]) for query, t in queries
    ]
    rows = "\n".join(
        (
            "firsts = [" + ", ".join(f"load({query!r}).iloc[0]" for query, _ in queries) + "]",
            'row_counts = [int(first["row_count"]) for first in firsts]',
            'duplicates = [int(first["row_count"]) - int(first["distinct_rows"]) for first in firsts]',
        )
    )
    code = (
        fill(_COLLECT, tables=repr(listed))
        + "\n"
        + fill(
            _FACTS,
            loads=rows,
            names=repr([t.name for t in tables]),
            some_missing=repr(_SOME[ja]),
            none_missing=repr(_NONE[ja]),
            table_labels=repr(_LABELS[ja]),
            column_labels=repr(_LABELS[ja]),
            tables_title=repr(_TITLES[ja][0]),
            columns_title=repr(_TITLES[ja][1]),
            chart=chart,
        )
    )
    return Program(
        "Rows, missing values and ranges of each table",
        answer,
        "answered",
        tuple((q, _sql(t)) for q, t in queries),
        code,
    )


def _sql(table: Table) -> str:
    parts = [
        "COUNT(*) AS row_count",
        f"(SELECT COUNT(*) FROM (SELECT DISTINCT * FROM {table.sql}) AS d) AS distinct_rows",
    ]
    for i, column in enumerate(table.columns):
        parts += [
            f"COUNT({column.sql}) AS filled_{i}",
            f"COUNT(DISTINCT {column.sql}) AS distinct_{i}",
            *_range(column, i),
        ]
    return "SELECT\n  " + ",\n  ".join(parts) + f"\n{Source(table).clause}"


def _range(column: Column, i: int) -> list[str]:
    if column.kind != "number":
        return []
    name = f"{column.sql}::FLOAT"
    return [f"MIN({name}) AS low_{i}", f"AVG({name}) AS mean_{i}", f"MAX({name}) AS high_{i}"]
