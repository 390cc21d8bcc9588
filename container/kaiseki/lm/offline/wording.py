"""The sentences of the offline model. `$name` is filled in here, `{name}` later, with the recorded fact."""

from string import Template

from kaiseki.lm.offline.intent import Language
from kaiseki.lm.offline.program import shown
from kaiseki.lm.offline.reading import Column

_MOST_LISTED = 20
Texts = tuple[str, str]  # English, Japanese

SENTENCES: dict[str, Texts] = {
    "read_as": ("I read this as: $what.", "この質問を次のように読み取りました: $what。"),
    "taken": ("There is no $asked; I took $found.", "$asked という名前のものはないため、$found を使いました。"),
    "left_out": (
        "I could not place these words and left them out: $words.",
        "次の語は解釈できず、考慮していません: $words。",
    ),
    "a_number": ("a number", "数値"),
    "where": ("$what, where `{conditions}`", "$what（条件: `{conditions}`）"),
    "of_table": ("$what of table $table", "テーブル $table の$what"),
    "joined": ("$what of table $table, joined to $others", "テーブル $table（$others を結合）の$what"),
    "beyond": (
        "This was answered by the **offline model**, a small program without a language model, and it cannot do what "
        "is asked."
        "\n\nIt can do this, on any tables:\n\n- an overview of tables\n- counts, sums, averages, medians, "
        "shares, minima and maxima by group or over time, with conditions and top lists\n- how one column goes with "
        "another\n"
        "- a classification or regression of a named target column\n\nFor anything else set a real model: "
        "`--model bedrock/<model id>`, or the setting `KAISEKI_MODEL`. Tables at hand: $tables.",
        "これは**オフラインモデル**（言語モデルを使わない小さなプログラム）の回答です。この依頼には対応できません。"
        "\n\n対応できるのは、どのテーブルでも次のことです:\n\n- テーブルの概要\n- グループ別・期間別の件数、合計、"
        "平均、中央値、"
        "割合、最小、最大（条件や上位の指定も可）\n- 列どうしの関係\n- 目的変数を指定した分類と回帰\n\n"
        "それ以外には本物のモデルを設定してください: `--model bedrock/<model id>` または設定 `KAISEKI_MODEL`。"
        "利用できるテーブル: $tables。",
    ),
    "missing": (
        "There is no table or column $asked in this warehouse, so nothing was computed. The nearest there is: "
        "$nearest.\n\n"
        "The tables at hand: $tables.",
        "$asked というテーブルや列はこのデータにないため、何も計算していません。最も近いもの: $nearest。"
        "\n\n利用できるテーブル: $tables。",
    ),
    "no_tables": ("There are no tables to look at.", "参照できるテーブルがありません。"),
    "gave_up": (
        "I am the offline model, and my programs for this did not work: $reason\n\n$read_as\n\nSet a real model for "
        "more: "
        "`--model bedrock/<model id>`, or the setting `KAISEKI_MODEL`.",
        "オフラインモデルのプログラムは、この質問では成功しませんでした: "
        "$reason\n\n$read_as\n\nより高度な分析には本物のモデルを設定してください: "
        "`--model bedrock/<model id>` または設定 `KAISEKI_MODEL`。",
    ),
    "no_rows": (
        "No rows match, or all are alike, so there is nothing to measure.\n\n$read_as",
        "条件に合う行がないか、値がすべて同じため、測れるものがありません。\n\n$read_as",
    ),
    "no_join": (
        "No reference of the schema connects these columns: $columns. A key that leads from one table to the other "
        "is needed.",
        "次の列を結びつける参照がスキーマにありません: $columns。テーブル間をつなぐキーが必要です。",
    ),
    "which_measure": (
        "Of which column should I take the $statistic? $remarks Numbers are in: $columns.",
        "どの列の$statisticを求めますか。$remarks 数値の列: $columns。",
    ),
    "which_number": (
        "What should I measure or rank by: how many rows there are, or a number? $remarks Numbers are in: $columns.",
        "何を基準にしますか（件数、または数値の列）。$remarks 数値の列: $columns。",
    ),
    "unit": (
        "The rows measured are of $base, so one row of $named counts as often as it appears there, or not at all.",
        "集計の単位は $base の行です。$named の各行は、そこに現れる回数だけ数えられます（現れなければ数えません）。",
    ),
    "which_target": (
        "Which column should be predicted? No column of that name is in the tables. There are: $columns.",
        "どの列を予測しますか。その名前の列はテーブルにありません。ある列: $columns。",
    ),
    "no_time": ("There is no date or time column to go by.", "日付・時刻の列がないため、期間別には集計できません。"),
    "one_class": (
        "The target $target holds a single value in all rows, so there is nothing to learn or to predict.",
        "目的変数 $target はすべての行で同じ値のため、学習も予測もできません。",
    ),
    "text_target": (
        "The target $target is a key, a time or free text, so it cannot be predicted here.",
        "目的変数 $target はキー、日時または自由記述のため、予測の対象にできません。",
    ),
    "no_features": ("No column is left to predict $target from.", "$target の予測に使える列が残っていません。"),
    "truncated": (
        "The table is larger than the row cap, so this rests on a part of its rows.",
        "テーブルが行数の上限を超えるため、一部の行に基づく結果です。",
    ),
}

STATISTICS: dict[str, Texts] = {
    "count": ("number of rows", "件数"),
    "distinct": ("number of distinct values of $column", "$column の異なる値の数"),
    "average": ("average of $column", "$column の平均"),
    "total": ("sum of $column", "$column の合計"),
    "median": ("median of $column", "$column の中央値"),
    "deviation": ("standard deviation of $column", "$column の標準偏差"),
    "maximum": ("maximum of $column", "$column の最大値"),
    "minimum": ("minimum of $column", "$column の最小値"),
    "share": ("share of rows", "行の割合"),
    "rate": ("share of rows with $column", "$column に該当する行の割合"),
    "per_key": ("average number of rows per $column that has any", "$column あたりの平均件数（行のあるもののみ）"),
    "sum_share": ("share of the sum of $column", "$column の合計に占める割合"),
    "value_share": ("share of rows with `{compared}`", "`{compared}` の行の割合"),
}
GRAINS: dict[str, Texts] = {
    "hour": ("hour of the day", "時間帯"),
    "weekday": ("weekday", "曜日"),
    "day": ("day", "日"),
    "week": ("week", "週"),
    "month": ("month", "月"),
    "quarter": ("quarter", "四半期"),
    "year": ("year", "年"),
}


# Of statistics, where they are spoken of beside another.
_STATISTICS_IN_JAPANESE = {
    "count": "件数",
    "distinct": "種類数",
    "average": "平均",
    "total": "合計",
    "median": "中央値",
    "share": "割合",
    "deviation": "標準偏差",
    "maximum": "最大",
    "minimum": "最小",
}


def spoken_of(language: Language, word: str) -> str:
    """A word of the question, or a statistic that it asks for, as one speaks of it."""
    return f"「{_STATISTICS_IN_JAPANESE.get(word, word)}」" if language == "ja" else f"“{word}”"


def say(language: Language, key: str, **values: str) -> str:
    return choose(language, SENTENCES[key], **values)


def choose(language: Language, texts: Texts, **values: str) -> str:
    return Template(texts[language == "ja"]).substitute(values)


def listed(language: Language, names: list[str]) -> str:
    return ("、" if language == "ja" else ", ").join(names)


def columns_listed(language: Language, columns: list[Column]) -> str:
    names = [shown(f"{c.table}.{c.sql}") for c in columns]
    return listed(language, names[:_MOST_LISTED] + ["…"] * (len(names) > _MOST_LISTED))
