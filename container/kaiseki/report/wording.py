"""The words of the report's own voice, in each language a question may be asked in."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ja"]


@dataclass(frozen=True, kw_only=True)
class Wording:
    """One language. Fields with {braces} are filled by `str.format` with plain text, which the template escapes."""

    brand: str
    contents: str
    question: str
    whole_question: str
    goes_on_from: str
    answer: str
    no_answer: str
    partial_findings: str
    key_figures: str
    figures: str
    figure_too_large: str
    tables: str
    more_rows: str
    more_columns: str
    unreadable_table: str
    empty_table: str
    models: str
    metric: str
    score: str
    baseline: str
    held_out: str
    suspects: str
    model_details: str
    features: str
    value: str
    checks: str
    passed: str
    warning: str
    failed: str
    warnings: str
    resolved_table: str
    resolved_column: str
    knowledge: str
    method: str
    method_intro: str
    step: str
    line: str
    comma: str
    sql: str
    sql_as_run: str
    row: str
    rows: str
    rows_cut: str
    code_line: str
    code_lines: str
    output: str
    errors_output: str
    left_out: str
    attempts: str
    attempts_intro: str
    replaced_by: str
    error: str
    error_at_line: str
    reply: str
    looked_up: str
    ledger: str
    ledger_intro: str
    uncited: str
    fact: str
    origin: str
    data: str
    no_data: str
    complete: str
    cut: str
    back_to_answer: str
    ended_at: str
    whole_value: str
    chosen: str
    run: str
    run_id: str
    model: str
    warehouse: str
    version: str
    asked_at: str
    usage: str
    simulated: str
    used: str
    limit: str
    steps: str
    calls: str
    tokens: str
    tokens_detail: str
    cost: str
    unknown_price: str
    time: str
    rows_read: str
    environment: str
    replay: str
    replay_intro: str
    replay_notebook: str
    image_left_out: str
    what_to_do: str
    seconds: str
    minutes: str

    def rows_of(self, count: int) -> str:
        return self.row if count == 1 else self.rows.format(count=f"{count:,}")

    def lines_of(self, count: int) -> str:
        return self.code_line if count == 1 else self.code_lines.format(count=f"{count:,}")


EN = Wording(
    brand="Kaiseki · research note",
    contents="Contents",
    question="Question",
    whole_question="The whole question",
    goes_on_from="Goes on from the run {run}",
    answer="Answer",
    no_answer="There is no answer.",
    partial_findings="What had been measured by then stands in the ledger below.",
    key_figures="Key figures",
    figures="Figures",
    figure_too_large="This figure is too large to stand in the report; it is in the bundle as {path}.",
    tables="Tables",
    more_rows="{shown} of {total} rows; the rest is in {path}.",
    more_columns="{count} more columns are in {path}.",
    unreadable_table="This table cannot be shown here: {reason}. The file is {path}.",
    empty_table="The table has no rows.",
    models="Models",
    metric="Measure",
    score="Score",
    baseline="Baseline",
    held_out="Scores are of rows that were held out of the fitting.",
    suspects="suspected of restating the target: {names}",
    model_details="All measures and features",
    features="Features",
    value="Value",
    checks="Checks",
    passed="passed",
    warning="warning",
    failed="failed",
    warnings="{count} of the checks did not pass: see them below.",
    resolved_table="The question says “{asked}”; no table has that name. The nearest, “{found}”, was used.",
    resolved_column="The question says “{asked}”; no column has that name. The nearest, “{found}”, was used.",
    knowledge="The model was given the company's own definitions and verified questions:",
    method="Method",
    method_intro="What was done, in order. Queries ran read-only; Python read the rows they stored, and nothing else.",
    step="Step {number}",
    line="line {line}",
    comma=", ",
    sql="SQL",
    sql_as_run="as it ran",
    row="1 row",
    rows="{count} rows",
    rows_cut="{rows} rows, cut at the row cap",
    code_line="1 line",
    code_lines="{count} lines",
    output="Output",
    errors_output="Output on stderr",
    left_out="… {count} characters left out; the whole is in {path} …",
    attempts="Attempts that were given up",
    attempts_intro="They left no trace in the result.",
    replaced_by="replaced by step {number}",
    error="error",
    error_at_line="line {line}",
    reply="The model's reply",
    looked_up="looked up in the schema: {names}",
    ledger="Ledger",
    ledger_intro="Where each figure comes from: the line that recorded it, and the rows that line descends from.",
    uncited="Facts that the answer does not cite ({count})",
    fact="Fact",
    origin="Recorded at",
    data="Data behind it",
    no_data="no query",
    complete="complete",
    cut="cut at the row cap",
    back_to_answer="to the answer",
    ended_at="Ended",
    whole_value="the whole value",
    chosen="chosen",
    run="This run",
    run_id="Run",
    model="Model",
    warehouse="Warehouse",
    version="Kaiseki",
    asked_at="Asked",
    usage="Usage",
    simulated="Simulated: no model service was called, and nothing was paid.",
    used="Used",
    limit="Limit",
    steps="Steps",
    calls="Model calls",
    tokens="Tokens",
    tokens_detail="{input} in, {output} out, {read} read from cache, {write} written to cache",
    cost="Cost",
    unknown_price="the price of this model is not known",
    time="Time",
    rows_read="Rows",
    environment="Environment",
    replay="To run it again",
    replay_intro="In the folder of this bundle, with no model and no warehouse:",
    replay_notebook="The notebook and the script need only Python and the packages in requirements.txt:",
    image_left_out="image not shown",
    what_to_do="What to do",
    seconds="{seconds} s",
    minutes="{minutes} min {seconds} s",
)

JA = Wording(
    brand="Kaiseki · 解析ノート",
    contents="目次",
    question="質問",
    whole_question="質問の全文",
    goes_on_from="前の実行 {run} の続き",
    answer="回答",
    no_answer="回答はありません。",
    partial_findings="それまでに測定された値は、下の台帳にあります。",
    key_figures="主な数値",
    figures="図",
    figure_too_large="この図は大きすぎるためレポートには載せていません。バンドルの {path} にあります。",
    tables="表",
    more_rows="全 {total} 行のうち {shown} 行。残りは {path} にあります。",
    more_columns="ほかの {count} 列は {path} にあります。",
    unreadable_table="この表はここに表示できません({reason})。ファイルは {path} です。",
    empty_table="この表には行がありません。",
    models="モデル",
    metric="指標",
    score="スコア",
    baseline="ベースライン",
    held_out="スコアは、学習に使わなかった行で測ったものです。",
    suspects="目的変数の言い換えの疑い: {names}",
    model_details="すべての指標と特徴量",
    features="特徴量",
    value="値",
    checks="検査",
    passed="合格",
    warning="警告",
    failed="不合格",
    warnings="通過しなかった検査が {count} 件あります。下の検査の欄を見てください。",
    resolved_table="質問の「{asked}」という表はありません。最も近い「{found}」を使いました。",
    resolved_column="質問の「{asked}」という列はありません。最も近い「{found}」を使いました。",
    knowledge="モデルに渡した社内の用語定義と検証済みの質問:",
    method="方法",
    method_intro="行ったことを順に示します。クエリは読み取り専用で実行し、Python は保存した結果の行だけを読みました。",
    step="ステップ {number}",
    line="{line} 行目",
    comma="、",
    sql="SQL",
    sql_as_run="実行された形",
    row="1 行",
    rows="{count} 行",
    rows_cut="{rows} 行(上限で打ち切り)",
    code_line="1 行",
    code_lines="{count} 行",
    output="出力",
    errors_output="標準エラー出力",
    left_out="… {count} 文字を省略。全文は {path} にあります …",
    attempts="採用しなかった試み",
    attempts_intro="結果には影響していません。",
    replaced_by="ステップ {number} で置き換え",
    error="エラー",
    error_at_line="{line} 行目",
    reply="モデルの返答",
    looked_up="スキーマで調べた語: {names}",
    ledger="台帳",
    ledger_intro="各数値の出どころ。値を記録した行と、その行のもとになったデータを示します。",
    uncited="回答で使っていない項目({count} 件)",
    fact="項目",
    origin="記録した箇所",
    data="もとのデータ",
    no_data="クエリなし",
    complete="全行",
    cut="上限で打ち切り",
    back_to_answer="回答へ",
    ended_at="終了日時",
    whole_value="値の全体",
    chosen="選択",
    run="この実行について",
    run_id="実行 ID",
    model="モデル",
    warehouse="ウェアハウス",
    version="Kaiseki",
    asked_at="質問日時",
    usage="使用量",
    simulated="模擬値です。モデルのサービスは呼び出されず、費用は発生していません。",
    used="使用",
    limit="上限",
    steps="ステップ",
    calls="モデル呼び出し",
    tokens="トークン",
    tokens_detail="入力 {input}、出力 {output}、キャッシュ読み取り {read}、キャッシュ書き込み {write}",
    cost="費用",
    unknown_price="このモデルの価格は不明",
    time="時間",
    rows_read="行数",
    environment="環境",
    replay="再実行の方法",
    replay_intro="このバンドルのフォルダーで、モデルもウェアハウスも使わずに再実行できます。",
    replay_notebook="ノートブックとスクリプトに必要なのは Python と requirements.txt のパッケージだけです。",
    image_left_out="画像は表示しません",
    what_to_do="対処",
    seconds="{seconds} 秒",
    minutes="{minutes} 分 {seconds} 秒",
)


def wording(language: Language) -> Wording:
    return JA if language == "ja" else EN
