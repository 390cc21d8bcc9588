"""Classification and regression of a named column, on held-out rows, with and without what gives the target away."""

from dataclasses import dataclass
from typing import Literal

from kaiseki.lm.offline import wording
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.program import Program, fill, shown
from kaiseki.lm.offline.reading import Briefing, Column
from kaiseki.lm.offline.source import Source, source_for

Task = Literal["classification", "regression"]

_ESTIMATORS = {
    ("linear", "classification"): ("sklearn.linear_model", "LogisticRegression", "max_iter=2000"),
    ("linear", "regression"): ("sklearn.linear_model", "Ridge", ""),
    ("boosting", "classification"): ("sklearn.ensemble", "HistGradientBoostingClassifier", "random_state=seed"),
    ("boosting", "regression"): ("sklearn.ensemble", "HistGradientBoostingRegressor", "random_state=seed"),
    ("forest", "classification"): ("sklearn.ensemble", "RandomForestClassifier", "n_estimators=100, min_samples_leaf=5, random_state=seed"),
    ("forest", "regression"): ("sklearn.ensemble", "RandomForestRegressor", "n_estimators=100, min_samples_leaf=5, random_state=seed"),
}  # fmt: skip
_PREPARE = """
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import $splitter
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from $module import $estimator

seed = 0
setting("seed", seed, "of the split, the fit and the permutations")
folds = 5
setting("test_share", 1 / folds, "share of the rows held out")

rows = load($query)
fact("rows_loaded", len(rows))
duplicated = rows.duplicated()
fact("duplicate_rows", int(duplicated.sum()), note="exact copies of another row, dropped before the split")
rows = rows[~duplicated]
without_target = rows[$target].isna()
fact("rows_without_target", int(without_target.sum()))
rows = rows[~without_target].reset_index(drop=True)
$classes
if len(rows) < 40 or rows[$target].nunique() < 2:
    raise ValueError("no rows match: too few rows, or the target holds a single value")
$times

target = rows[$target]
features = rows[$features].copy()
$names
numbers = [c for c in features.columns if c in $numbers or pd.api.types.is_bool_dtype(features[c])]
categories = [c for c in features.columns if c not in numbers]
features[numbers] = features[numbers].astype(float)
for column in categories:
    features[column] = features[column].astype(object).where(features[column].notna(), None)
    features[column] = features[column].map(lambda value: str(value) if value is not None else np.nan)

$split
X_train, X_test = features.iloc[train], features.iloc[test]
y_train, y_test = target.iloc[train], target.iloc[test]
"""
_FIT = """
def fitted(columns):
    measured = [c for c in columns if c in numbers]
    named = [c for c in columns if c in categories]
    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    encoded = make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"),
                            OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=20, sparse_output=False))
    prepared = ColumnTransformer([("numbers", scaled, measured), ("categories", encoded, named)])
    return make_pipeline(prepared, $estimator($arguments)).fit(X_train[columns], y_train)


every = list(features.columns)
estimator = fitted(every)
report = model("all_columns", estimator, X_test, y_test, $predictions, X_train=X_train, y_train=y_train, title=$all_title)
suspects = list(report.suspects)
kept = [c for c in every if c not in suspects]
honest = report
if suspects and kept:
    estimator = fitted(kept)
    predictions = $kept_predictions
    honest = model("without_suspects", estimator, X_test[kept], y_test, predictions, X_train=X_train[kept], y_train=y_train, title=$kept_title)
chosen = kept if suspects and kept else every
"""
_REPORT = """
fact("score", float(report.score))
fact("honest_score", float(honest.score))
fact("baseline", float(report.baseline))
fact("metric", report.metric)
fact("rows_train", len(X_train))
fact("rows_test", len(X_test))
$rate
suspect_names = ", ".join(suspects)[:90]
fact("leak", $leak_start + suspect_names + $leak_end if suspects else $no_leak)
gain = honest.score - report.baseline
fact("gain", float(gain))
fact("judgement", $useful if gain >= 0.02 else $useless)
sample = X_test[chosen].head(3000)
importance = permutation_importance(estimator, sample, y_test.loc[sample.index], scoring=$scoring, n_repeats=5, random_state=seed)
drivers = pd.DataFrame({"column": chosen, "importance": importance.importances_mean, "spread": importance.importances_std})
drivers = drivers.sort_values(["importance", "column"], ascending=[False, True]).reset_index(drop=True)
fact("first_driver", drivers["column"].iloc[0])
fact("first_importance", float(drivers["importance"].iloc[0]))
table("drivers", drivers.rename(columns=$driver_labels), $drivers_title)
scores = pd.DataFrame({"columns": $score_names, "score": [report.score, honest.score, report.baseline]})
table("scores", scores.rename(columns=$score_labels), $scores_title)
$chart
"""
_CHART = """
import altair as alt
chart("drivers", alt.Chart(drivers.head(15)).mark_bar().encode(
    x=alt.X("importance:Q", title=$axis), y=alt.Y("column:N", sort=None, title=None)), $drivers_title)
"""
_GROUPED = """
groups = rows[$group].fillna("missing").astype(str)
train, test = next($splitter.split(features, $stratum, groups))
"""
_PLAIN = """
train, test = $splitter(np.arange(len(rows)), test_size=1 / folds, random_state=seed$stratify)
"""
_TIMES = """
moment = pd.to_datetime(rows[$name])
rows[$hour] = moment.dt.hour.astype(float)
rows[$weekday] = moment.dt.day_of_week.astype(float)
rows[$month] = moment.dt.month.astype(float)
"""
_CLASSES = """
least = 10
setting("least_class_rows", least, "rarer classes are left out")
sizes = rows[$target].value_counts()
rows = rows[rows[$target].isin(sizes[sizes >= least].index)].reset_index(drop=True)
"""
_ANSWER = (
    "$read_as\n\n{leak} On {rows_test:,} held-out rows, $model reaches a {metric} of **{honest_score:.3f}** without suspect columns and "
    "{score:.3f} with all columns; the baseline is {baseline:.3f}. {judgement}\n\n{table:scores}\n\n"
    "- Rows: {rows_loaded:,} loaded, {duplicate_rows:,} exact duplicates dropped, {rows_without_target:,} without the target; "
    "{rows_train:,} to train on. $split$rate\n- Columns used: $features. $dropped\n"
    "- Most telling of the columns kept: {first_driver} (shuffling it costs {first_importance:.3f} of the score).\n"
    "- What matters to a model is not thereby a cause.\n\n{table:drivers}",
    "$read_as\n\n{leak} 学習に使っていない {rows_test:,} 行で、$modelの {metric} は、疑わしい列を除くと **{honest_score:.3f}**、すべての列では "
    "{score:.3f}、ベースラインは {baseline:.3f} です。{judgement}\n\n{table:scores}\n\n"
    "- 行: 読み込み {rows_loaded:,}、完全な重複 {duplicate_rows:,} 行を除外、目的変数の欠損 {rows_without_target:,} 行、学習 {rows_train:,} 行。$split$rate\n"
    "- 使った列: $features。$dropped\n- 残した列で最も効いているもの: {first_driver}（値を入れ替えるとスコアが {first_importance:.3f} 下がる）。\n"
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
    "grouped": ("All rows of one $group lie on one side of the split. ", "同じ $group の行は学習側と検証側に分かれないようにしました。"),
    "plain": ("The split is seeded. ", "分割の乱数は固定しています。"),
    "rate": ("The positive class makes up {positive_rate:.1%} of the rows.", "正例の割合は {positive_rate:.1%} です。"),
    "dropped": ("Left out as keys, raw times, constants or free text: $columns.", "キー、生の日時、定数、自由記述として除外: $columns。"),
    "leak_start": ("Leakage: the target can nearly be read off ", "リーク（情報漏えい）: 目的変数は次の列からほぼ読み取れます: "),
    "leak_end": (". Trust the score without it.", "。この列を除いたスコアを信頼してください。"),
    "no_leak": ("No column gives the target away; both scores are of all columns.", "目的変数を漏らしている列は見つかりませんでした（両方のスコアはすべての列によるものです）。"),
    "useful": ("The columns do tell something of the target.", "残りの列にも目的変数を予測する情報があります。"),
    "useless": ("Beyond that the columns tell next to nothing of the target.", "残りの列には、目的変数を予測する情報がほとんどありません。"),
    "all": ("all columns", "すべての列"),
    "kept": ("without suspect columns", "疑わしい列を除く"),
    "baseline": ("baseline", "ベースライン"),
    "score": ("score on held-out rows", "検証用データのスコア"),
    "columns": ("columns", "列"),
    "column": ("column", "列"),
    "importance": ("importance", "重要度"),
    "spread": ("standard deviation", "標準偏差"),
    "scores_title": ("Scores on held-out rows", "検証用データでのスコア"),
    "drivers_title": ("Loss of score when a column is shuffled", "列の値を入れ替えたときのスコアの低下"),
    "hour": ("$column hour", "$column の時刻"),
    "weekday": ("$column weekday", "$column の曜日"),
    "month": ("$column month", "$column の月"),
}  # fmt: skip
_MOST_FEATURES = 60


@dataclass(frozen=True)
class Features:
    """Which columns are learnt from, and how. `key` keeps rows of one person, shop or device together."""

    numbers: tuple[Column, ...]
    categories: tuple[Column, ...]
    times: tuple[Column, ...]
    key: Column | None
    dropped: tuple[Column, ...]

    @property
    def any(self) -> bool:
        return bool(self.numbers or self.categories or self.times)


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
    return Features(
        tuple(c for c in usable if c.kind == "number" or (c.kind == "flag" and not c.type.startswith("BOOL"))),
        tuple(c for c in usable if c.kind == "category" or c.type.startswith("BOOL")),
        tuple(c for c in usable if c.kind == "time"),
        max(keys, key=lambda c: bool(c.references), default=None),
        tuple(c for c in columns if c not in usable),
    )


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


def programs(intent: Intent, source: Source, briefing: Briefing, features: Features, task: Task) -> tuple[Program, ...]:
    assert intent.target is not None
    names = _names(features, intent)
    sql = _sql(intent, source, features, names, briefing.row_cap)
    answer = _answer(intent, source, briefing, features, task)
    purpose = f"A {task} of {intent.target.name} with held-out rows, and a check for leakage"

    def program(query: str, estimator: str, charted: bool) -> Program:
        code = _code(intent, features, names, task, estimator, query, charted)
        text = answer.replace("\0", _model_name(intent, estimator, task))
        return Program(purpose, text, "answered", ((query, sql),), code)

    other = "boosting" if intent.estimator != "boosting" else "linear"
    return (
        program("training_rows", intent.estimator, True),
        program("training_rows", intent.estimator, False),
        program("training_rows_again", other, False),
    )


def _say(intent: Intent, key: str, **values: str) -> str:
    return wording.choose(intent.language, _TEXTS[key], **values)


def _model_name(intent: Intent, estimator: str, task: Task) -> str:
    return _say(intent, f"linear {task}" if estimator == "linear" else estimator)


def _names(features: Features, intent: Intent) -> dict[tuple[str, str], str]:
    """How each column is called in SQL's result and in the report: as it is, unless two tables have that name."""
    taken: dict[tuple[str, str], str] = {}
    every = [*features.numbers, *features.categories, *features.times]
    for i, column in enumerate(every):
        taken[column.table, column.sql] = f"column_{i + 1}"
    return taken


def _sql(intent: Intent, source: Source, features: Features, names: dict[tuple[str, str], str], cap: int) -> str:
    assert intent.target is not None
    target = source.name(intent.target)
    parts = [f"{target} AS target"]
    parts += [f"{source.name(features.key)} AS row_group"] if features.key else []
    parts += [
        f"{source.name(c)} AS {names[c.table, c.sql]}"
        for c in (*features.numbers, *features.categories, *features.times)
    ]
    conditions = [c.sql(source.name(c.column)) for c in intent.conditions]
    where = f"\nWHERE {' AND '.join(conditions)}" if conditions else ""
    order = ["row_group"] if features.key else []
    sample = f"\nORDER BY {', '.join([*order, 'target'])}\nLIMIT {cap}" if source.base.rows > cap else ""
    return "SELECT\n  " + ",\n  ".join(parts) + f"\n{source.clause}{where}{sample}"


def _code(
    intent: Intent,
    features: Features,
    names: dict[tuple[str, str], str],
    task: Task,
    estimator: str,
    query: str,
    charted: bool,
) -> str:
    classify = task == "classification"
    module, constructor, arguments = _ESTIMATORS[estimator, task]
    binary = classify and intent.target is not None and intent.target.distinct == 2
    times = ""
    labels = {names[c.table, c.sql]: c.name for c in (*features.numbers, *features.categories)}
    numbers = [c.name for c in features.numbers]
    for column in features.times:
        name = names[column.table, column.sql]
        parts = {part: _say(intent, part, column=column.name) for part in ("hour", "weekday", "month")}
        times += fill(_TIMES, name=repr(name), **{part: repr(f"{name}_{part}") for part in parts}) + "\n"
        labels |= {f"{name}_{part}": text for part, text in parts.items()}
        numbers += parts.values()
    labels = _unique(labels)
    if features.key:
        splitter = "StratifiedGroupKFold" if classify else "GroupKFold"
        making = f"{splitter}(n_splits=folds, shuffle=True, random_state=seed)"
        split = fill(_GROUPED, group=repr("row_group"), splitter=making, stratum="target" if classify else "None")
    else:
        splitter = "train_test_split"
        split = fill(_PLAIN, splitter=splitter, stratify=", stratify=target" if classify else "")
    predicting = "predict_proba({0})[:, 1]" if binary else "predict({0})"
    texts = {
        key: repr(_say(intent, key))
        for key in ("leak_start", "leak_end", "no_leak", "useful", "useless", "scores_title", "drivers_title")
    }
    common = {
        "estimator": constructor,
        "arguments": arguments,
        "module": module,
        "splitter": splitter,
        "target": repr("target"),
    }
    chart = fill(_CHART, axis=repr(_say(intent, "importance")), drivers_title=texts["drivers_title"]) if charted else ""
    return "\n\n".join(
        (
            fill(
                _PREPARE,
                query=repr(query),
                classes=fill(_CLASSES, target=repr("target"))
                if classify
                else 'rows["target"] = rows["target"].astype(float)',
                times=times.strip(),
                features=repr(list(labels)),
                names=f"features.columns = {list(labels.values())!r}",
                numbers=repr([n for n in labels.values() if n in set(numbers) or _base(n) in numbers]),
                split=split,
                **common,
            ),
            fill(
                _FIT,
                predictions="estimator." + predicting.format("X_test"),
                kept_predictions="estimator." + predicting.format("X_test[kept]"),
                all_title=repr(_say(intent, "all")),
                kept_title=repr(_say(intent, "kept")),
                **common,
            ),
            fill(
                _REPORT,
                rate='fact("positive_rate", float((target == sorted(target.unique())[-1]).mean()))' if binary else "",
                scoring=repr("roc_auc" if binary else "accuracy" if classify else "r2"),
                driver_labels=repr({key: _say(intent, key) for key in ("column", "importance", "spread")}),
                score_names=repr([_say(intent, key) for key in ("all", "kept", "baseline")]),
                score_labels=repr({"columns": _say(intent, "columns"), "score": _say(intent, "score")}),
                chart=chart,
                **texts,
            ),
        )
    )


def _unique(labels: dict[str, str]) -> dict[str, str]:
    """Names that two tables share bear a mark, since a model tells columns by name."""
    seen: dict[str, int] = {}
    result = {}
    for name, label in labels.items():
        seen[label] = seen.get(label, 0) + 1
        result[name] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return result


def _base(label: str) -> str:
    return label.rpartition(" (")[0] or label


def _answer(intent: Intent, source: Source, briefing: Briefing, features: Features, task: Task) -> str:
    assert intent.target is not None
    what = _say(intent, "what", task=_say(intent, task), target=shown(intent.target.sql))
    split = _say(intent, "grouped", group=shown(features.key.sql)) if features.key else _say(intent, "plain")
    used = [shown(c.sql) for c in (*features.numbers, *features.categories, *features.times)]
    dropped = (
        _say(intent, "dropped", columns=wording.columns_listed(intent.language, list(features.dropped)))
        if features.dropped
        else ""
    )
    text = wording.choose(
        intent.language,
        _ANSWER,
        read_as=wording.read_as(intent, source, what),
        model="\0",
        split=split,
        rate=_say(intent, "rate") if task == "classification" and intent.target.distinct == 2 else "",
        features=wording.listed(intent.language, used),
        dropped=dropped,
    )
    cut = wording.say(intent.language, "truncated") if source.base.rows > briefing.row_cap else ""
    return "\n\n".join(filter(None, (text, wording.remarks(intent, briefing), cut)))
