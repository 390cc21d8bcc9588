"""The Python of a prediction: split, fit, leakage check, drivers."""

from kaiseki.lm.offline.draft import Draft
from kaiseki.lm.offline.features import Features, Task
from kaiseki.lm.offline.program import fill

_TIME_PARTS = ("hour", "weekday", "month")
_ESTIMATORS = {  # by task: class and arguments
    "classification": ("LogisticRegression", "max_iter=2000"),
    "regression": ("Ridge", ""),
}
_PREPARE = """
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import $splitter
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.linear_model import $estimator

seed, folds = 0, 5
setting("seed", seed, $said_seed)
setting("test_share", 1 / folds, $said_test_share)

rows = load("training_rows")
fact("rows_loaded", len(rows), note=$said_rows_loaded)
copies = rows.duplicated()
fact("duplicate_rows", int(copies.sum()), note=$said_duplicate_rows)
rows = rows[~copies]
gaps = rows["target"].isna()
fact("rows_without_target", int(gaps.sum()), note=$said_rows_without_target)
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
left_out = len(kept) < len(every)
honest = report
if left_out:
    estimator = fitted(kept)
    predictions = estimator.$kept_predictions
    honest = model("without_suspects", estimator, X_test[kept], y_test, predictions,
                   X_train=X_train[kept], y_train=y_train, title=$kept)
"""
_REPORT = """
fact("score", float(report.score), note=$said_score)
fact("honest_score", float(honest.score), note=$said_honest_score if left_out else $said_score)
fact("baseline", float(report.baseline), note=$said_baseline)
fact("scored_columns", $on_kept if left_out else $on_all, note=$said_scored_columns)
fact("compared_with", $beside_all if left_out else $beside_baseline, note=$said_compared_with)
others = [report.score, report.baseline] if left_out else [report.baseline]
fact("other_scores", [float(score) for score in others], note=$said_other_scores)
fact("metric", report.metric, note=$said_metric)
fact("rows_train", len(X_train), note=$said_rows_train)
fact("rows_test", len(X_test), note=$said_rows_test)
$rate
fact("leak", $leak_start + ", ".join(suspects)[:90] + $leak_end if suspects else $no_leak, note=$said_leak)
least_gain = 0.02
setting("least_gain", least_gain, $said_least_gain)
telling = honest.score - report.baseline >= least_gain
fact("judgement", $useful if telling else $useless, note=$said_judgement)
sample = X_test[kept].head(3000)
importance = permutation_importance(
    estimator, sample, y_test.loc[sample.index], scoring=$scoring, n_repeats=5, random_state=seed)
drivers = pd.DataFrame({
    "column": kept, "importance": importance.importances_mean, "spread": importance.importances_std})
drivers = drivers.sort_values(["importance", "column"], ascending=[False, True]).reset_index(drop=True)
fact("first_driver", drivers["column"].iloc[0], note=$said_first_driver)
fact("first_importance", float(drivers["importance"].iloc[0]), note=$said_first_importance)
table("drivers", drivers.round(4).rename(columns=$driver_labels), $drivers_title)
scores = pd.DataFrame({$columns_title: [$all, $kept, $baseline], $score: [report.score, honest.score, report.baseline]})
scores = scores if left_out else scores.drop(index=1)
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
setting("least_class_rows", least, $said_least_class_rows)
sizes = rows["target"].value_counts()
rows = rows[rows["target"].isin(sizes[sizes >= least].index)].reset_index(drop=True)
"""
_RATE = 'fact("positive_rate", float((target == sorted(target.unique())[-1]).mean()), note=$said_positive_rate)'
TEXTS = {
    "what": ("a $task of $target", "$target を目的変数とする$task"),
    "classification": ("classification", "分類"),
    "regression": ("regression", "回帰"),
    "a classification": ("a logistic regression", "ロジスティック回帰"),
    "a regression": ("a ridge regression", "リッジ回帰"),
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
        "No column gives the target away.",
        "目的変数を漏らしている列は見つかりませんでした。",
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
    "on_kept": ("without suspect columns", "疑わしい列を除くと"),
    "on_all": ("with all columns", "すべての列で"),
    "beside_all": ("with all columns", "すべての列では"),
    "beside_baseline": ("baseline", "ベースラインは"),
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
_NOTES = {  # what the report calls a fact or a setting
    "seed": ("seed of the split, the fit and the permutations", "分割、学習、値の入れ替えの乱数シード"),
    "test_share": ("share of the rows held out", "検証用に取り分けた行の割合"),
    "least_class_rows": (
        "least rows of a class; rarer ones are left out",
        "クラスの最小行数（これより少ないクラスは除外）",
    ),
    "least_gain": ("score above the baseline that counts as telling", "予測に役立つとみなすベースラインとの差"),
    "rows_loaded": ("rows loaded", "読み込んだ行"),
    "duplicate_rows": ("exact copies of another row, dropped before the split", "分割の前に除いた完全な重複行"),
    "rows_without_target": ("rows without the target", "目的変数が欠損の行"),
    "rows_train": ("rows to train on", "学習用の行"),
    "rows_test": ("held-out rows", "検証用の行"),
    "positive_rate": ("share of the positive class", "正例の割合"),
    "score": ("score with all columns", "すべての列によるスコア"),
    "honest_score": ("score without suspect columns", "疑わしい列を除いたスコア"),
    "baseline": ("score of the baseline", "ベースラインのスコア"),
    "scored_columns": ("what the score rests on", "スコアに使った列"),
    "compared_with": ("what the score is compared with", "スコアの比較の対象"),
    "leak": ("whether a column gives the target away", "目的変数を漏らす列の有無"),
    "judgement": ("whether the columns tell anything of the target", "予測に役立つ情報の有無"),
    "metric": ("metric of the scores", "スコアの指標"),
    "other_scores": ("scores to compare with", "比較するスコア"),
    "first_driver": ("most telling column", "最も効いている列"),
    "first_importance": ("what shuffling the most telling column costs", "最も効いている列を入れ替えたときの低下"),
}


def script(draft: Draft, features: Features, task: Task, binary: bool, charted: bool) -> str:
    estimator, arguments = _ESTIMATORS[task]
    labels, numbers, times = _labels(draft, features)
    texts = {key: repr(draft.say(pair)) for key, pair in TEXTS.items() if "$" not in pair[0]}
    texts |= {f"said_{fact}": repr(draft.say(pair)) for fact, pair in _NOTES.items()}
    stratify = "target" if task == "classification" else "None"
    splitter, split = "train_test_split", _PLAIN_SPLIT.format(stratify)
    if features.key:
        splitter = "StratifiedGroupKFold" if task == "classification" else "GroupKFold"
        split = _GROUPED_SPLIT.format(splitter)
    predict = "predict_proba({})[:, 1]" if binary else "predict({})"
    values = {
        "estimator": estimator,
        "arguments": arguments,
        "splitter": splitter,
        "split": split,
        "prepared": fill(_CLASSES, **texts)
        if task == "classification"
        else 'rows["target"] = rows["target"].astype(float)',
        "times": times,
        "columns": repr(list(labels)),
        "names": repr(list(labels.values())),
        "numbers": repr(numbers),
        "predictions": predict.format("X_test"),
        "kept_predictions": predict.format("X_test[kept]"),
        "rate": fill(_RATE, **texts) if binary else "",
        "scoring": repr("roc_auc" if binary else "accuracy" if task == "classification" else "r2"),
        "driver_labels": repr({key: draft.say(TEXTS[key]) for key in ("column", "importance", "spread")}),
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
            parts = [(f"{alias}_{part}", draft.say(TEXTS[part], column=column.name)) for part in _TIME_PARTS]
        for name, label in parts:
            # A model tells columns by name, and two tables may share one.
            label = label if label not in labels.values() else f"{label} ({column.table})"
            labels[name] = label
            numbers += [label] if column.kind in ("number", "time") or column.whole else []
    return labels, numbers, "\n".join(times)
