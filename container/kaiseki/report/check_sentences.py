"""The findings of the checks in the language of the report.

The kit and the host write them in English, once, into run.json; a bundle of an earlier version reads as well."""

import re

from kaiseki.language import Language

_JAPANESE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(english, re.DOTALL), japanese)
    for english, japanese in (
        (
            r"the analysis ran again from the top: all (?P<n>[\d,]+) facts came out the same",
            "分析を最初から再実行し、{n} 個の値がすべて同じになりました",
        ),
        (
            r"(?P<n>\d+) of (?P<all>\d+) facts differ when the steps run again: (?P<shown>.*)",
            "再実行すると {all} 個の値のうち {n} 個が変わりました: {shown}",
        ),
        (
            r"X_train was not given, so that nothing shows whether the rows were held out",
            "X_train が渡されていないため、検証用の行が学習に使われていないことを確かめられません",
        ),
        (
            r"(?P<n>[\d,]+) of (?P<all>[\d,]+) held-out rows \((?P<share>[\d.]+%)\) repeat a training row: "
            r"drop duplicates before the split",
            "検証用の {all} 行のうち {n} 行（{share}）が学習用の行と同じです。分割の前に重複を除いてください",
        ),
        (
            r"none of the (?P<test>[\d,]+) held-out rows is among the (?P<train>[\d,]+) training rows",
            "検証用の {test} 行は、学習用の {train} 行のどれとも重なりません",
        ),
        (
            r"no single feature gives (?P<target>.*) away",
            "単独で {target} を言い当てる列はありません",
        ),
        (
            r"(?P<feature>'.*?'|\".*?\") alone predicts (?P<target>.*?) with (?P<metric>R2|ROC AUC) (?P<score>-?[\d.]+)"
            r": is it known before .* is\? Compare the score without it",
            "{feature} だけで {target} を予測できます（{metric} {score}）。{target} より前に分かる情報ですか。"
            "この列を除いたスコアと比べてください",
        ),
        (
            r"(?P<feature>'.*?'|\".*?\") alone predicts (?P<target>.*?) with (?P<metric>R2|ROC AUC) "
            r"(?P<score>-?[\d.]+); of the (?P<rows>[\d,]+) rows with the value (?P<value>.*?), (?P<purity>[\d.]+%) "
            r"have .*? = (?P<outcome>.*?), and so found are (?P<coverage>[\d.]+%) of all rows that have it"
            r": is it known before .* is\? Compare the score without it",
            "{feature} だけで {target} を予測できます（{metric} {score}）。値が {value} の {rows} 行のうち {purity} が "
            "{target} = {outcome} で、該当する行全体の {coverage} にあたります。{target} より前に分かる情報ですか。"
            "この列を除いたスコアと比べてください",
        ),
        (
            r"the estimator does not predict from X_test, so no importances \((?P<reason>.*)\)",
            "モデルが X_test から予測できないため、重要度はありません（{reason}）",
        ),
        (
            r"the given predictions score (?P<given>\S+), the estimator's own for X_test (?P<own>\S+)",
            "渡された予測のスコアは {given} ですが、モデル自身が X_test について出す予測では {own} です",
        ),
        (
            r"the estimator itself predicts the same for X_test",
            "モデル自身も X_test について同じ予測を出します",
        ),
        (
            r"the estimator was not saved: (?P<reason>.*)",
            "モデルは保存されていません: {reason}",
        ),
        (
            r"'(?P<words>.*)' in line (?P<line>\d+) of the answer (?:may be a figure|holds digits) without a fact",
            "回答の {line} 行目の「{words}」は、記録された値に結び付かない数値かもしれません",
        ),
        (
            r"'(?P<words>.*)' behind a placeholder in line (?P<line>\d+) of the answer scales its figure; "
            r"check the fact's unit",
            "回答の {line} 行目の「{words}」は、直前の数値の桁を変えます。値の単位を確かめてください",
        ),
        (
            r"the result of (?P<query>\S+) was truncated at (?P<rows>[\d,]+) rows: figures from it describe these rows "
            r"alone",
            "{query} の結果は {rows} 行で切り捨てられました。そこから得た数値は、この行だけを表します",
        ),
        (
            r"the question's (?:table|column) '(?P<asked>.*)' was read as (?P<found>.*), "
            r"and the answer does not say so",
            "質問の「{asked}」は {found} と読み取りましたが、回答はそのことを述べていません",
        ),
        (
            r"the question's (?:table|column) '(?P<asked>.*)' was read as (?P<found>.*)",
            "質問の「{asked}」は {found} と読み取りました",
        ),
    )
)


def check_sentence(message: str, language: Language) -> str:
    """`message` in `language`; as it is where nobody has put it into that language."""
    if language != "ja":
        return message
    for english, japanese in _JAPANESE:
        if found := english.fullmatch(message):
            return japanese.format(**found.groupdict())
    return message
