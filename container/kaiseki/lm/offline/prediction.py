"""Classification and regression of a named column, on held-out rows, with and without what gives the target away."""

from dataclasses import dataclass
from typing import Literal

from kaiseki.lm.offline.draft import Draft
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.program import Program, fill, lines, shown
from kaiseki.lm.offline.reading import Briefing, Column
from kaiseki.lm.offline.source import Source, source_for
from kaiseki.lm.offline.wording import columns_listed, listed

Task = Literal["classification", "regression"]

_MOST_FEATURES = 60
_TIME_PARTS = ("hour", "weekday", "month")
_FOREST = "n_estimators=100, min_samples_leaf=5, random_state=seed"
_ESTIMATORS = {
    ("linear", "classification"): ("sklearn.linear_model", "LogisticRegression", "max_iter=2000"),
    ("linear", "regression"): ("sklearn.linear_model", "Ridge", ""),
    ("boosting", "classification"): ("sklearn.ensemble", "HistGradientBoostingClassifier", "random_state=seed"),
    ("boosting", "regression"): ("sklearn.ensemble", "HistGradientBoostingRegressor", "random_state=seed"),
    ("forest", "classification"): ("sklearn.ensemble", "RandomForestClassifier", _FOREST),
    ("forest", "regression"): ("sklearn.ensemble", "RandomForestRegressor", _FOREST),
}
_PREPARE = """
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import $splitter
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from $module import $estimator

seed, folds = 0, 5
setting("seed", seed, "of the split, the fit and the permutations")
setting("test_share", 1 / folds, "share of the rows held out")

rows = load($query)
fact("rows_loaded", len(rows))
copies = rows.duplicated()
fact("duplicate_rows", int(copies.sum()), note="exact copies of another row, dropped before the split")
rows = rows[~copies]
gaps = rows["target"].isna()
fact("rows_without_target", int(gaps.sum()))
rows = rows[~gaps].reset_index(drop=True)
$prepared
if len(rows) < 40 or rows["target"].nunique() < 2:
    raise ValueError("no rows match: too few rows, or the target holds a single value")
$times

target = rows["target"]
features = rows[$columns].set_axis($names, axis="columns")
numbers = $numbers
categories = [c for c in features.columns if c not in numbers]
features[numbers] = features[numbers].astype(float)
for c in categories:
    features[c] = features[c].map(str, na_action="ignore").astype(object)

$split
X_train, X_test = features.iloc[train], features.iloc[test]
y_train, y_test = target.iloc[train], target.iloc[test]
"""
_FIT = """

def fitted(columns):
    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    encoded = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing", missing_values=np.nan),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=20, sparse_output=False),
    )
    prepared = ColumnTransformer([
        ("numbers", scaled, [c for c in columns if c in numbers]),
        ("categories", encoded, [c for c in columns if c in categories]),
    ])
    return make_pipeline(prepared, $estimator($arguments)).fit(X_train[columns], y_train)


every = list(features.columns)
estimator = fitted(every)
predictions = estimator.$predictions
report = model("all_columns", estimator, X_test, y_test, predictions, X_train=X_train, y_train=y_train, title=$all)
suspects = list(report.suspects)
kept = [c for c in every if c not in suspects] or every
honest = report
if suspects and len(kept) < len(every):
    estimator = fitted(kept)
    predictions = estimator.$kept_predictions
    honest = model("without_suspects", estimator, X_test[kept], y_test, predictions,
                   X_train=X_train[kept], y_train=y_train, title=$kept)
"""
_REPORT = """
fact("score", float(report.score))
fact("honest_score", float(honest.score))
fact("baseline", float(report.baseline))
fact("metric", report.metric)
fact("rows_train", len(X_train))
fact("rows_test", len(X_test))
$rate
fact("leak", $leak_start + ", ".join(suspects)[:90] + $leak_end if suspects else $no_leak)
least_gain = 0.02
setting("least_gain", least_gain, "score above the baseline that counts as telling")
fact("judgement", $useful if honest.score - report.baseline >= least_gain else $useless)
sample = X_test[kept].head(3000)
importance = permutation_importance(
    estimator, sample, y_test.loc[sample.index], scoring=$scoring, n_repeats=5, random_state=seed)
drivers = pd.DataFrame({
    "column": kept, "importance": importance.importances_mean, "spread": importance.importances_std})
drivers = drivers.sort_values(["importance", "column"], ascending=[False, True]).reset_index(drop=True)
fact("first_driver", drivers["column"].iloc[0])
fact("first_importance", float(drivers["importance"].iloc[0]))
table("drivers", drivers.round(4).rename(columns=$driver_labels), $drivers_title)
scores = pd.DataFrame({$columns_title: [$all, $kept, $baseline], $score: [report.score, honest.score, report.baseline]})
table("scores", scores.round(4), $scores_title)
$chart
"""
_CHART = """
import altair as alt
chart("drivers", alt.Chart(drivers.head(15)).mark_bar().encode(
    x=alt.X("importance:Q", title=$importance), y=alt.Y("column:N", sort=None, title=None)), $drivers_title)
"""
_GROUPED_SPLIT = """
groups = rows["row_group"].astype(str)
train, test = next({}(n_splits=folds, shuffle=True, random_state=seed).split(features, target, groups))
"""
_PLAIN_SPLIT = (
    "train, test = train_test_split(np.arange(len(rows)), test_size=1 / folds, random_state=seed, stratify={})"
)
_TIMES = """
moment = pd.to_datetime(rows["{0}"])
rows["{0}_hour"] = moment.dt.hour.astype(float)
rows["{0}_weekday"] = moment.dt.day_of_week.astype(float)
rows["{0}_month"] = moment.dt.month.astype(float)
"""
_CLASSES = """
least = 10
setting("least_class_rows", least, "rarer classes are left out")
sizes = rows["target"].value_counts()
rows = rows[rows["target"].isin(sizes[sizes >= least].index)].reset_index(drop=True)
"""
_RATE = 'fact("positive_rate", float((target == sorted(target.unique())[-1]).mean()))'
_ANSWER = (
    "{leak} On {rows_test:,} held-out rows, $model scores **{honest_score:.3f}** without suspect columns and "
    "{score:.3f} with all columns ({metric}; baseline {baseline:.3f}). {judgement}\n\n{table:scores}\n\n"
    "- Rows: {rows_loaded:,} loaded, {duplicate_rows:,} exact duplicates dropped, {rows_without_target:,} without "
    "the target; "
    "{rows_train:,} to train on. $split$rate\n- Columns used: $features. $dropped\n"
    "- Most telling of the columns kept: {first_driver} (shuffling it costs {first_importance:.3f} of the score).\n"
    "- What matters to a model is not thereby a cause.\n\n{table:drivers}",
    "{leak} 学習に使っていない {rows_test:,} 行で、$modelの {metric} は、疑わしい列を除くと **{honest_score:.3f}**、"
    "すべての列では "
    "{score:.3f}、ベースラインは {baseline:.3f} です。{judgement}\n\n{table:scores}\n\n"
    "- 行: 読み込み {rows_loaded:,}、完全な重複 {duplicate_rows:,} 行を除外、目的変数の欠損 {rows_without_target:,} "
    "行、学習 {rows_train:,} 行。$split$rate\n"
    "- 使った列: $features。$dropped\n- 残した列で最も効いているもの: {first_driver}（値を入れ替えるとスコアが "
    "{first_importance:.3f} 下がる）。\n"
    "- モデルに効く列が原因であるとは限りません。\n\n{table:drivers}",
)
_TEXTS = {
    "what": ("a $task of $target", "$target を目的変数とする$task"),
    "classification": ("classification", "分類"),
    "regression": ("regression", "回帰"),
    "linear classification": ("a logistic regression", "ロジスティック回帰"),
    "linear regression": ("a ridge regression", "リッジ回帰"),
    "boosting": ("gradient boosting", "勾配ブースティング"),
    "forest": ("a random forest", "ランダムフォレスト"),
    "grouped": (
        "All rows of one $group lie on one side of the split. ",
        "同じ $group の行は学習側と検証側に分かれないようにしました。",
    ),
    "plain": ("The split is seeded. ", "分割の乱数は固定しています。"),
    "positives": (
        "The positive class makes up {positive_rate:.1%} of the rows.",
        "正例の割合は {positive_rate:.1%} です。",
    ),
    "dropped": (
        "Left out as keys, raw times, constants or free text: $columns.",
        "キー、生の日時、定数、自由記述として除外: $columns。",
    ),
    "leak_start": (
        "Leakage: the target can nearly be read off ",
        "リーク（情報漏えい）: 目的変数は次の列からほぼ読み取れます: ",
    ),
    "leak_end": (". Trust the score without it.", "。この列を除いたスコアを信頼してください。"),
    "no_leak": (
        "No column gives the target away; both scores are of all columns.",
        "目的変数を漏らしている列は見つかりませんでした（両方のスコアはすべての列によるものです）。",
    ),
    "useful": ("The columns do tell something of the target.", "残りの列にも目的変数を予測する情報があります。"),
    "useless": (
        "Beyond that the columns tell next to nothing of the target.",
        "残りの列には、目的変数を予測する情報がほとんどありません。",
    ),
    "all": ("all columns", "すべての列"),
    "kept": ("without suspect columns", "疑わしい列を除く"),
    "baseline": ("baseline", "ベースライン"),
    "score": ("score on held-out rows", "検証用データのスコア"),
    "columns_title": ("columns", "列"),
    "column": ("column", "列"),
    "importance": ("importance", "重要度"),
    "spread": ("standard deviation", "標準偏差"),
    "scores_title": ("Scores on held-out rows", "検証用データでのスコア"),
    "drivers_title": ("Loss of score when a column is shuffled", "列の値を入れ替えたときのスコアの低下"),
    "hour": ("$column hour", "$column の時刻"),
    "weekday": ("$column weekday", "$column の曜日"),
    "month": ("$column month", "$column の月"),
}


@dataclass(frozen=True)
class Features:
    """Which columns are learnt from. `key` keeps rows of one person, shop or device on one side of the split."""

    used: tuple[Column, ...]
    key: Column | None
    dropped: tuple[Column, ...]

    @property
    def aliases(self) -> dict[str, Column]:
        """How SQL's result calls them."""
        return {f"column_{i + 1}": column for i, column in enumerate(self.used)}


def choose_features(intent: Intent, source: Source) -> Features:
    target = intent.target
    columns = [c for t in source.tables for c in t.columns if c is not target]
    if intent.columns:
        columns = [c for c in columns if c in intent.columns or c.references]
    parents = {(c.references, c.referenced) for c in columns}
    columns = [c for c in columns if (c.table, c.sql) not in parents]
    usable = [c for c in columns if c.distinct != 1 and c.kind not in ("id", "text")][:_MOST_FEATURES]
    keys = [
        c
        for c in columns
        if c.kind == "id" and c.table == source.base.sql and 10 <= (c.distinct or 0) < source.base.rows * 0.7
    ]
    key = max(keys, key=lambda c: bool(c.references), default=None)
    return Features(tuple(usable), key, tuple(c for c in columns if c not in usable))


def source_of(intent: Intent, briefing: Briefing) -> Source | None:
    """The target's table with every table that it refers to."""
    assert intent.target is not None
    base = briefing.table(intent.target.table)
    wanted = [intent.target, *intent.columns, *(c.column for c in intent.conditions)]
    if not intent.columns:
        names = {t.sql for t in briefing.tables}
        wanted += [briefing.table(c.references).columns[0] for c in base.columns if c.references in names]
    return source_for(wanted, briefing.tables, base)


def task_of(intent: Intent) -> Task | None:
    """None if the target can be neither."""
    target = intent.target
    assert target is not None
    if target.kind == "flag" or (target.classes and not (intent.regression and target.numeric)):
        return "classification"
    if target.kind == "number":
        return "regression"
    return "classification" if target.kind == "category" and (target.distinct or 99) <= 50 else None


def programs(draft: Draft, features: Features, task: Task) -> tuple[Program, ...]:
    """With a chart, without, and with another estimator, should the first be at fault."""
    other = "boosting" if draft.intent.estimator != "boosting" else "linear"
    return (
        _program(draft, features, task, draft.intent.estimator, "training_rows", charted=True),
        _program(draft, features, task, draft.intent.estimator, "training_rows", charted=False),
        _program(draft, features, task, other, "training_rows_again", charted=False),
    )


def _program(draft: Draft, features: Features, task: Task, estimator: str, query: str, charted: bool) -> Program:
    target = draft.intent.target
    assert target is not None
    binary = task == "classification" and target.distinct == 2
    what = draft.say(_TEXTS["what"], task=draft.say(_TEXTS[task]), target=shown(target.sql))
    key = shown(features.key.sql) if features.key else ""
    used = [shown(c.sql) for c in features.used]
    answer = draft.say(
        _ANSWER,
        model=draft.say(_TEXTS[f"linear {task}" if estimator == "linear" else estimator]),
        split=draft.say(_TEXTS["grouped"], group=key) if key else draft.say(_TEXTS["plain"]),
        rate=draft.say(_TEXTS["positives"]) if binary else "",
        features=listed(draft.intent.language, used),
        dropped=_dropped(draft, features),
    )
    purpose = f"A {task} of {target.name} on held-out rows, and a check for leakage"
    code = _code(draft, features, task, estimator, query, binary, charted)
    return draft.program(purpose, what, answer, query, _sql(draft, features), code, single_rows=True)


def _dropped(draft: Draft, features: Features) -> str:
    if not features.dropped:
        return ""
    return draft.say(_TEXTS["dropped"], columns=columns_listed(draft.intent.language, list(features.dropped)))


def _sql(draft: Draft, features: Features) -> str:
    """The target, the key of the groups, the features, and the base table's other columns, which tell copies apart."""
    target = draft.intent.target
    assert target is not None
    others = [c for c in features.dropped if c.table == draft.source.base.sql and c is not features.key]
    named = {"target": target} | ({"row_group": features.key} if features.key else {}) | features.aliases
    named |= {f"other_{i + 1}": column for i, column in enumerate(others)}
    parts = [f"{draft.name(column)} AS {alias}" for alias, column in named.items()]
    # A hash draws the same rows each time, evenly over the table, where all of them would pass the row cap.
    sample = f"ORDER BY MD5({' || '.join(_as_text(draft, c) for c in named.values())})\nLIMIT {draft.briefing.row_cap}"
    select = "SELECT\n  " + ",\n  ".join(parts)
    return lines(select, draft.source.clause, draft.where(), sample if draft.oversized else "")


def _as_text(draft: Draft, column: Column) -> str:
    return f"COALESCE({draft.name(column)}::VARCHAR, '')"


def _code(draft: Draft, features: Features, task: Task, estimator: str, query: str, binary: bool, charted: bool) -> str:
    module, constructor, arguments = _ESTIMATORS[estimator, task]
    labels, numbers, times = _labels(draft, features)
    texts = {key: repr(draft.say(pair)) for key, pair in _TEXTS.items() if "$" not in pair[0]}
    stratify = "target" if task == "classification" else "None"
    splitter, split = "train_test_split", _PLAIN_SPLIT.format(stratify)
    if features.key:
        splitter = "StratifiedGroupKFold" if task == "classification" else "GroupKFold"
        split = _GROUPED_SPLIT.format(splitter)
    predict = "predict_proba({})[:, 1]" if binary else "predict({})"
    values = {
        "query": repr(query),
        "module": module,
        "estimator": constructor,
        "arguments": arguments,
        "splitter": splitter,
        "split": split,
        "prepared": _CLASSES if task == "classification" else 'rows["target"] = rows["target"].astype(float)',
        "times": times,
        "columns": repr(list(labels)),
        "names": repr(list(labels.values())),
        "numbers": repr(numbers),
        "predictions": predict.format("X_test"),
        "kept_predictions": predict.format("X_test[kept]"),
        "rate": _RATE if binary else "",
        "scoring": repr("roc_auc" if binary else "accuracy" if task == "classification" else "r2"),
        "driver_labels": repr({key: draft.say(_TEXTS[key]) for key in ("column", "importance", "spread")}),
    }
    values |= texts | {"chart": fill(_CHART, **texts) if charted else ""}
    return fill(_PREPARE + _FIT + _REPORT, **{name: value.strip("\n") for name, value in values.items()})


def _labels(draft: Draft, features: Features) -> tuple[dict[str, str], list[str], str]:
    """Alias -> name of each feature in the report, the names of the numbers, and Python that takes times apart."""
    labels: dict[str, str] = {}
    numbers: list[str] = []
    times: list[str] = []
    for alias, column in features.aliases.items():
        parts = [(alias, column.name)]
        if column.kind == "time":
            times.append(_TIMES.strip("\n").format(alias))
            parts = [(f"{alias}_{part}", draft.say(_TEXTS[part], column=column.name)) for part in _TIME_PARTS]
        for name, label in parts:
            # A model tells columns by name, and two tables may share one.
            label = label if label not in labels.values() else f"{label} ({column.table})"
            labels[name] = label
            numbers += [label] if column.kind in ("number", "time") or column.whole else []
    return labels, numbers, "\n".join(times)
