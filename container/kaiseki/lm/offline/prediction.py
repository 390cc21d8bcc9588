"""Classification and regression of a named column, on held-out rows, with and without what gives the target away."""

from kaiseki.lm.offline.draft import Draft
from kaiseki.lm.offline.features import Features, Task
from kaiseki.lm.offline.prediction_script import TEXTS, script
from kaiseki.lm.offline.program import Program, lines, shown
from kaiseki.lm.offline.reading import Column
from kaiseki.lm.offline.wording import columns_listed, listed

_ANSWER = (
    "{leak} On {rows_test:,} held-out rows, $model scores **{honest_score:.3f}** {scored_columns} "
    "({metric}; {compared_with} {other_scores:.3f|, baseline }). {judgement}\n\n{table:scores}\n\n"
    "- Rows: {rows_loaded:,} loaded, {duplicate_rows:,} exact duplicates dropped, {rows_without_target:,} without "
    "the target; "
    "{rows_train:,} to train on. $split$rate\n- Columns used: $features. $dropped\n"
    "- Most telling of the columns kept: {first_driver} (shuffling it costs {first_importance:.3f} of the score).\n"
    "- What matters to a model is not thereby a cause.\n\n{table:drivers}",
    "{leak}学習に使っていない {rows_test:,} 行で、$modelの {metric} は、{scored_columns} **{honest_score:.3f}**、"
    "{compared_with} {other_scores:.3f|、ベースラインは } です。{judgement}\n\n{table:scores}\n\n"
    "- 行: 読み込み {rows_loaded:,}、完全な重複 {duplicate_rows:,} 行を除外、目的変数の欠損 {rows_without_target:,} "
    "行、学習 {rows_train:,} 行。$split$rate\n"
    "- 使った列: $features。$dropped\n- 残した列で最も効いているもの: {first_driver}（値を入れ替えるとスコアが "
    "{first_importance:.3f} 下がる）。\n"
    "- モデルに効く列が原因であるとは限りません。\n\n{table:drivers}",
)


def programs(draft: Draft, features: Features, task: Task) -> tuple[Program, Program]:
    """With a chart, and without."""
    return _program(draft, features, task, charted=True), _program(draft, features, task, charted=False)


def _program(draft: Draft, features: Features, task: Task, charted: bool) -> Program:
    target = draft.intent.target
    assert target is not None
    binary = task == "classification" and target.distinct == 2
    what = draft.say(TEXTS["what"], task=draft.say(TEXTS[task]), target=shown(target.sql))
    key = shown(features.key.sql) if features.key else ""
    used = [shown(c.sql) for c in features.used]
    answer = draft.say(
        _ANSWER,
        model=draft.say(TEXTS[f"a {task}"]),
        split=draft.say(TEXTS["grouped"], group=key) if key else draft.say(TEXTS["plain"]),
        rate=draft.say(TEXTS["positives"]) if binary else "",
        features=listed(draft.intent.language, used),
        dropped=_dropped(draft, features),
    )
    purpose = f"A {task} of {target.name} on held-out rows, and a check for leakage"
    code = script(draft, features, task, binary, charted)
    return draft.program(purpose, what, answer, "training_rows", _sql(draft, features), code, single_rows=True)


def _dropped(draft: Draft, features: Features) -> str:
    if not features.dropped:
        return ""
    return draft.say(TEXTS["dropped"], columns=columns_listed(draft.intent.language, list(features.dropped)))


def _sql(draft: Draft, features: Features) -> str:
    """The target, the key of the groups, the features, and the base table's other columns, which tell copies apart."""
    target = draft.intent.target
    assert target is not None
    others = [c for c in features.dropped if c.table == draft.source.base.sql and c is not features.key]
    named = {"target": target} | ({"row_group": features.key} if features.key else {}) | features.aliases
    named |= {f"other_{i + 1}": column for i, column in enumerate(others)}
    parts = [f"{draft.name(column)} AS {alias}" for alias, column in named.items()]
    # A hash draws the same rows each time, evenly over the table, where all of them would pass the row cap.
    sample = f"ORDER BY MD5({' || '.join(_as_text(draft, c) for c in named.values())})\nLIMIT {draft.most_rows}"
    select = "SELECT\n  " + ",\n  ".join(parts)
    return lines(select, draft.source.clause, draft.where(), sample if draft.oversized else "")


def _as_text(draft: Draft, column: Column) -> str:
    return f"COALESCE({draft.name(column)}::VARCHAR, '')"
