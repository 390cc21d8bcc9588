"""How a run ended, said in a plain sentence, with what the reader can do about it."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from kaiseki.lifecycle import Outcome, Status
from kaiseki.models import Run
from kaiseki.report.wording import Language

Tone = Literal["good", "caution", "bad", "open"]


@dataclass(frozen=True)
class Verdict:
    """`label` is a word or two, `sentence` what happened, `advice` what to do (may be empty)."""

    tone: Tone
    label: str
    sentence: str
    advice: str = ""


class _Said(NamedTuple):
    en: str
    ja: str

    def by(self, language: Language) -> str:
        return self.ja if language == "ja" else self.en


class _Ending(NamedTuple):
    tone: Tone
    label: _Said
    sentence: _Said
    advice: _Said  # unless the reason has better


_NOTHING = _Said("", "")
_ANSWERED = _Ending(
    "good",
    _Said("Answered", "回答済み"),
    _Said(
        "Every figure is a recorded fact; the code was not replayed.",
        "数値はすべて記録された値です。コードの再実行はしていません。",
    ),
    _NOTHING,
)
_REPLAYED = _ANSWERED._replace(
    sentence=_Said(
        "Every figure is a recorded fact, and a clean replay of the code gave the same facts.",
        "数値はすべて記録された値で、コードを最初から再実行しても同じ値になりました。",
    )
)
_OUTCOMES = {
    Outcome.ANSWERED: _ANSWERED,
    Outcome.PARTIAL: _Ending(
        "caution",
        _Said("Partial", "一部回答"),
        _Said("The question was answered in part.", "質問の一部だけに回答しました。"),
        _NOTHING,
    ),
    Outcome.REFUSED: _Ending(
        "caution",
        _Said("Refused", "回答不可"),
        _Said(
            "The data at hand do not answer this question, or it must not be answered.",
            "手元のデータでは答えられないか、答えるべきでない質問です。",
        ),
        _Said(
            "Ask about the tables that there are; `kaiseki schema` lists them.",
            "存在する表について質問してください。表の一覧は `kaiseki schema` で見られます。",
        ),
    ),
    Outcome.NEEDS_INPUT: _Ending(
        "caution",
        _Said("Needs input", "追加情報が必要"),
        _Said("Something is missing to answer it.", "回答に必要な情報が足りません。"),
        _Said(
            "Ask again with what the answer below says is missing.",
            "下の回答にある不足を補って、もう一度質問してください。",
        ),
    ),
}
_STATUSES = {
    Status.FAILED: _Ending(
        "bad",
        _Said("Failed", "失敗"),
        _Said("The run failed.", "実行に失敗しました。"),
        _Said("Mend the cause and ask again.", "原因を取り除いて、もう一度質問してください。"),
    ),
    Status.CANCELLED: _Ending(
        "caution",
        _Said("Cancelled", "取り消し"),
        _Said("The run was cancelled before its end.", "実行は途中で取り消されました。"),
        _Said("Ask again to run it to the end.", "最後まで実行するには、もう一度質問してください。"),
    ),
    Status.TIMED_OUT: _Ending(
        "bad",
        _Said("Timed out", "時間切れ"),
        _Said("The run took too long and was stopped.", "時間がかかりすぎたため停止しました。"),
        _Said(
            "Raise KAISEKI_BUDGET_SECONDS, or narrow the question.",
            "KAISEKI_BUDGET_SECONDS を増やすか、質問の範囲を絞ってください。",
        ),
    ),
}
_UNFINISHED = _Ending(
    "open",
    _Said("Not finished", "実行中"),
    _Said(
        "The run has not ended; this is what it had when the report was written.",
        "実行はまだ終わっていません。レポート作成時点までの内容です。",
    ),
    _NOTHING,
)

# Reason -> what happened, what to do. Longer keys win over their prefixes: `budget.usd` over `budget`.
_REASONS: dict[str, tuple[_Said, _Said]] = {
    "budget": (
        _Said("The budget of the run was used up.", "実行の予算を使い切りました。"),
        _Said("Raise the budget, or ask for less at once.", "予算を増やすか、質問を小さく分けてください。"),
    ),
    "budget.usd": (
        _Said("The run reached its limit of dollars.", "費用の上限に達しました。"),
        _Said(
            "Raise KAISEKI_BUDGET_USD, or ask for less at once.",
            "KAISEKI_BUDGET_USD を増やすか、質問を小さく分けてください。",
        ),
    ),
    "budget.tokens": (
        _Said("The run reached its limit of tokens.", "トークンの上限に達しました。"),
        _Said(
            "Raise KAISEKI_BUDGET_TOKENS, or ask for less at once.",
            "KAISEKI_BUDGET_TOKENS を増やすか、質問を小さく分けてください。",
        ),
    ),
    "budget.steps": (
        _Said("The run reached its limit of steps.", "ステップ数の上限に達しました。"),
        _Said(
            "Raise KAISEKI_BUDGET_STEPS; the attempts below show where the steps went.",
            "KAISEKI_BUDGET_STEPS を増やしてください。下の試みに、ステップの使われ方が残っています。",
        ),
    ),
    "budget.seconds": (
        _Said("The run reached its limit of time.", "時間の上限に達しました。"),
        _Said(
            "Raise KAISEKI_BUDGET_SECONDS, or narrow the question to fewer rows.",
            "KAISEKI_BUDGET_SECONDS を増やすか、対象の行を絞って質問してください。",
        ),
    ),
    "budget.rows": (
        _Said("The run reached its limit of rows.", "行数の上限に達しました。"),
        _Said(
            "Raise KAISEKI_BUDGET_ROWS, or ask for aggregates instead of single rows.",
            "KAISEKI_BUDGET_ROWS を増やすか、個々の行ではなく集計を求めてください。",
        ),
    ),
    "replay": (
        _Said("The clean replay did not go through.", "再現実行が完了しませんでした。"),
        _Said(
            "Treat the figures as provisional and ask again.", "数値は暫定のものとして扱い、もう一度質問してください。"
        ),
    ),
    "replay.differs": (
        _Said(
            "Run again from the start, the Python gave other values for some facts.",
            "最初から再実行したところ、一部の値が一致しませんでした。",
        ),
        _Said(
            "Do not rely on those figures; the checks name them. Something in the code is not seeded or not ordered.",
            "該当する数値は信頼しないでください(検査の欄に示しています)。乱数や並び順が固定されていない箇所があります。",
        ),
    ),
    "loop": (
        _Said("The model kept failing in the same way.", "モデルが同じ失敗を繰り返しました。"),
        _Said(
            "See the attempts below for the error; put the question in other words, or take a stronger model.",
            "エラーは下の試みにあります。質問を言い換えるか、より強いモデルを使ってください。",
        ),
    ),
    "figure.unbound": (
        _Said(
            "The answer held a figure that no recorded fact stands behind.",
            "記録された値に結び付かない数値が回答に含まれていました。",
        ),
        _Said(
            "Ask again; what was measured stands in the ledger.", "もう一度質問してください。測定値は台帳にあります。"
        ),
    ),
}


def verdict(run: Run, language: Language) -> Verdict:
    ending = _ending(run)
    happened, remedy = (said.by(language) for said in _explained(run))
    message, hint = _error(run)
    told = [ending.sentence.by(language), _ended(message, language) or happened]
    return Verdict(
        tone=ending.tone,
        label=ending.label.by(language),
        sentence=("" if language == "ja" else " ").join(part for part in told if part),
        advice=_ended(hint, language) or remedy or ending.advice.by(language),
    )


def _ending(run: Run) -> _Ending:
    if run.status is not Status.SUCCEEDED:
        return _STATUSES.get(run.status, _UNFINISHED)
    if run.outcome is Outcome.ANSWERED and run.replayed:
        return _REPLAYED
    return _OUTCOMES[run.outcome or Outcome.PARTIAL]


def _explained(run: Run) -> tuple[_Said, _Said]:
    if not run.reason or run.status in (Status.FAILED, Status.CANCELLED):
        return _NOTHING, _NOTHING
    for key in sorted(_REASONS, key=len, reverse=True):
        if run.reason == key or run.reason.startswith(f"{key}."):
            return _REASONS[key]
    return _Said(f"Reason: {run.reason}.", f"理由: {run.reason}。"), _NOTHING


def _error(run: Run) -> tuple[str, str]:
    """Message and hint of the error that ended the run."""
    error = run.failure or {}
    return str(error.get("message", "")).strip(), str(error.get("hint", "")).strip()


def _ended(sentence: str, language: Language) -> str:
    """`a hint without a full stop` as a sentence."""
    if not sentence or sentence.endswith((".", "!", "?", "。")):
        return sentence
    return sentence[0].upper() + sentence[1:] + ("。" if language == "ja" else ".")
