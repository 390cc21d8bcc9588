"""An analysis, to be run in the folder of its bundle: neither Kaiseki nor the warehouse is needed.

    pip install -r requirements.txt
    PYTHONHASHSEED=0 python analysis.py
"""

# %% [markdown]
# 'interaction'テーブルから機械学習モデルを作成してください。'purchase'列をターゲット変数として使用してください。
#
# Run 20261121-090000-interaction-purchase-bz6a5fe8zmyq. During the run the clock stood still at 2026-11-21T09:00:00+00:00; code that asks for the time gets the present one here.

# %%
def _prepare():
    """Takes the bundle's own kit, and seeds random numbers as the run did."""
    import os
    import random
    import sys
    from pathlib import Path

    import numpy as np

    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    random.seed(0)
    np.random.seed(0)
    fresh, seeds = np.random.default_rng, np.random.SeedSequence(0)
    np.random.default_rng = lambda seed=None: fresh(seeds.spawn(1)[0] if seed is None else seed)


_prepare()
from kaiseki_kit import *
import numpy as np
import pandas as pd

# %% [markdown]
# Step 1: A classification of purchase on held-out rows, and a check for leakage
#
# training_rows: 20,120 rows
#
# SELECT
#   t1.purchase AS target,
#   t1.userid AS row_group,
#   t1."timestamp" AS column_1,
#   t1.interactiontype AS column_2,
#   t1.feature1 AS column_3,
#   t1.feature2 AS column_4,
#   t2.age AS column_5,
#   t2.gender AS column_6,
#   t1.itemid AS other_1
# FROM interactions AS t1
# LEFT JOIN users AS t2 ON t1.userid = t2.userid

# %%
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.linear_model import LogisticRegression

seed, folds = 0, 5
setting("seed", seed, '分割、学習、値の入れ替えの乱数シード')
setting("test_share", 1 / folds, '検証用に取り分けた行の割合')

rows = load("training_rows")
fact("rows_loaded", len(rows), note='読み込んだ行')
copies = rows.duplicated()
fact("duplicate_rows", int(copies.sum()), note='分割の前に除いた完全な重複行')
rows = rows[~copies]
gaps = rows["target"].isna()
fact("rows_without_target", int(gaps.sum()), note='目的変数が欠損の行')
rows = rows[~gaps].reset_index(drop=True)
least = 10
setting("least_class_rows", least, 'クラスの最小行数（これより少ないクラスは除外）')
sizes = rows["target"].value_counts()
rows = rows[rows["target"].isin(sizes[sizes >= least].index)].reset_index(drop=True)
if len(rows) < 40 or rows["target"].nunique() < 2:
    raise ValueError("no rows match: too few rows, or the target holds a single value")
moment = pd.to_datetime(rows["column_1"])
rows["column_1_hour"] = moment.dt.hour.astype(float)
rows["column_1_weekday"] = moment.dt.day_of_week.astype(float)
rows["column_1_month"] = moment.dt.month.astype(float)

target = rows["target"]
features = rows[['column_1_hour', 'column_1_weekday', 'column_1_month', 'column_2', 'column_3', 'column_4', 'column_5', 'column_6']].set_axis(['timestamp の時刻', 'timestamp の曜日', 'timestamp の月', 'interactiontype', 'feature1', 'feature2', 'age', 'gender'], axis="columns")
numbers = ['timestamp の時刻', 'timestamp の曜日', 'timestamp の月', 'feature1', 'feature2', 'age']
categories = [c for c in features.columns if c not in numbers]
features[numbers] = features[numbers].astype(float)
for c in categories:
    features[c] = features[c].map(str, na_action="ignore").astype(object)

groups = rows["row_group"].astype(str)
train, test = next(StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed).split(features, target, groups))
X_train, X_test = features.iloc[train], features.iloc[test]
y_train, y_test = target.iloc[train], target.iloc[test]


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
    return make_pipeline(prepared, LogisticRegression(max_iter=2000)).fit(X_train[columns], y_train)


every = list(features.columns)
estimator = fitted(every)
predictions = estimator.predict_proba(X_test)[:, 1]
report = model("all_columns", estimator, X_test, y_test, predictions, X_train=X_train, y_train=y_train, title='すべての列')
suspects = list(report.suspects)
kept = [c for c in every if c not in suspects] or every
left_out = len(kept) < len(every)
honest = report
if left_out:
    estimator = fitted(kept)
    predictions = estimator.predict_proba(X_test[kept])[:, 1]
    honest = model("without_suspects", estimator, X_test[kept], y_test, predictions,
                   X_train=X_train[kept], y_train=y_train, title='疑わしい列を除く')

fact("score", float(report.score), note='すべての列によるスコア')
fact("honest_score", float(honest.score), note='疑わしい列を除いたスコア' if left_out else 'すべての列によるスコア')
fact("baseline", float(report.baseline), note='ベースラインのスコア')
fact("scored_columns", '疑わしい列を除くと' if left_out else 'すべての列で', note='スコアに使った列')
fact("compared_with", 'すべての列では' if left_out else 'ベースラインは', note='スコアの比較の対象')
others = [report.score, report.baseline] if left_out else [report.baseline]
fact("other_scores", [float(score) for score in others], note='比較するスコア')
fact("metric", report.metric, note='スコアの指標')
fact("rows_train", len(X_train), note='学習用の行')
fact("rows_test", len(X_test), note='検証用の行')
fact("positive_rate", float((target == sorted(target.unique())[-1]).mean()), note='正例の割合')
fact("leak", 'リーク（情報漏えい）: 目的変数は次の列からほぼ読み取れます: ' + ", ".join(suspects)[:90] + '。この列を除いたスコアを信頼してください。' if suspects else '目的変数を漏らしている列は見つかりませんでした。', note='目的変数を漏らす列の有無')
least_gain = 0.02
setting("least_gain", least_gain, '予測に役立つとみなすベースラインとの差')
telling = honest.score - report.baseline >= least_gain
fact("judgement", '残りの列にも目的変数を予測する情報があります。' if telling else '残りの列には、目的変数を予測する情報がほとんどありません。', note='予測に役立つ情報の有無')
sample = X_test[kept].head(3000)
importance = permutation_importance(
    estimator, sample, y_test.loc[sample.index], scoring='roc_auc', n_repeats=5, random_state=seed)
drivers = pd.DataFrame({
    "column": kept, "importance": importance.importances_mean, "spread": importance.importances_std})
drivers = drivers.sort_values(["importance", "column"], ascending=[False, True]).reset_index(drop=True)
fact("first_driver", drivers["column"].iloc[0], note='最も効いている列')
fact("first_importance", float(drivers["importance"].iloc[0]), note='最も効いている列を入れ替えたときの低下')
table("drivers", drivers.round(4).rename(columns={'column': '列', 'importance': '重要度', 'spread': '標準偏差'}), '列の値を入れ替えたときのスコアの低下')
scores = pd.DataFrame({'列': ['すべての列', '疑わしい列を除く', 'ベースライン'], '検証用データのスコア': [report.score, honest.score, report.baseline]})
scores = scores if left_out else scores.drop(index=1)
table("scores", scores.round(4), '検証用データでのスコア')
import altair as alt
chart("drivers", alt.Chart(drivers.head(15)).mark_bar().encode(
    x=alt.X("importance:Q", title='重要度'), y=alt.Y("column:N", sort=None, title=None)), '列の値を入れ替えたときのスコアの低下')

# %% [markdown]
# この質問を次のように読み取りました: テーブル `interactions`（`users` を結合）の`purchase` を目的変数とする分類。
#
# リーク（情報漏えい）: 目的変数は次の列からほぼ読み取れます: interactiontype。この列を除いたスコアを信頼してください。学習に使っていない 3,991 行で、ロジスティック回帰の ROC AUC は、疑わしい列を除くと **0.744**、すべての列では 0.937、ベースラインは 0.500 です。残りの列にも目的変数を予測する情報があります。
#
# | 列 | 検証用データのスコア |
# | --- | --- |
# | すべての列 | 0.9374 |
# | 疑わしい列を除く | 0.7440 |
# | ベースライン | 0.5000 |
#
# - 行: 読み込み 20,120、完全な重複 120 行を除外、目的変数の欠損 0 行、学習 16,009 行。同じ `userid` の行は学習側と検証側に分かれないようにしました。正例の割合は 17.7% です。
# - 使った列: `"timestamp"`、`interactiontype`、`feature1`、`feature2`、`age`、`gender`。キー、生の日時、定数、自由記述として除外: `interactions.userid`、`interactions.itemid`。
# - 残した列で最も効いているもの: feature1（値を入れ替えるとスコアが 0.177 下がる）。
# - モデルに効く列が原因であるとは限りません。
#
# | 列 | 重要度 | 標準偏差 |
# | --- | --- | --- |
# | feature1 | 0.1767 | 0.0098 |
# | feature2 | 0.0561 | 0.0089 |
# | age | 0.0107 | 0.0038 |
# | timestamp の時刻 | 0.0033 | 0.0014 |
# | gender | 0.0012 | 0.0007 |
# | timestamp の曜日 | 0.0006 | 0.0001 |
# | timestamp の月 | 0.0000 | 0.0002 |
#
# `interaction` という名前のものはないため、`interactions` を使いました。
