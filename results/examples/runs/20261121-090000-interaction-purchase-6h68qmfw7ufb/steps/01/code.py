from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.linear_model import LogisticRegression

seed, folds = 0, 5
setting("seed", seed, "of the split, the fit and the permutations")
setting("test_share", 1 / folds, "share of the rows held out")

rows = load("training_rows")
fact("rows_loaded", len(rows))
copies = rows.duplicated()
fact("duplicate_rows", int(copies.sum()), note="exact copies of another row, dropped before the split")
rows = rows[~copies]
gaps = rows["target"].isna()
fact("rows_without_target", int(gaps.sum()))
rows = rows[~gaps].reset_index(drop=True)
least = 10
setting("least_class_rows", least, "rarer classes are left out")
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
honest = report
if suspects and len(kept) < len(every):
    estimator = fitted(kept)
    predictions = estimator.predict_proba(X_test[kept])[:, 1]
    honest = model("without_suspects", estimator, X_test[kept], y_test, predictions,
                   X_train=X_train[kept], y_train=y_train, title='疑わしい列を除く')

fact("score", float(report.score))
fact("honest_score", float(honest.score))
fact("baseline", float(report.baseline))
fact("metric", report.metric)
fact("rows_train", len(X_train))
fact("rows_test", len(X_test))
fact("positive_rate", float((target == sorted(target.unique())[-1]).mean()))
fact("leak", 'リーク（情報漏えい）: 目的変数は次の列からほぼ読み取れます: ' + ", ".join(suspects)[:90] + '。この列を除いたスコアを信頼してください。' if suspects else '目的変数を漏らしている列は見つかりませんでした（両方のスコアはすべての列によるものです）。')
least_gain = 0.02
setting("least_gain", least_gain, "score above the baseline that counts as telling")
fact("judgement", '残りの列にも目的変数を予測する情報があります。' if honest.score - report.baseline >= least_gain else '残りの列には、目的変数を予測する情報がほとんどありません。')
sample = X_test[kept].head(3000)
importance = permutation_importance(
    estimator, sample, y_test.loc[sample.index], scoring='roc_auc', n_repeats=5, random_state=seed)
drivers = pd.DataFrame({
    "column": kept, "importance": importance.importances_mean, "spread": importance.importances_std})
drivers = drivers.sort_values(["importance", "column"], ascending=[False, True]).reset_index(drop=True)
fact("first_driver", drivers["column"].iloc[0])
fact("first_importance", float(drivers["importance"].iloc[0]))
table("drivers", drivers.round(4).rename(columns={'column': '列', 'importance': '重要度', 'spread': '標準偏差'}), '列の値を入れ替えたときのスコアの低下')
scores = pd.DataFrame({'列': ['すべての列', '疑わしい列を除く', 'ベースライン'], '検証用データのスコア': [report.score, honest.score, report.baseline]})
table("scores", scores.round(4), '検証用データでのスコア')
import altair as alt
chart("drivers", alt.Chart(drivers.head(15)).mark_bar().encode(
    x=alt.X("importance:Q", title='重要度'), y=alt.Y("column:N", sort=None, title=None)), '列の値を入れ替えたときのスコアの低下')
