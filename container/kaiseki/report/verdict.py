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


_NOTHING = _Said("", "")

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
        _Said("Ask again; what was measured stands in the ledger.", "もう一度質問してください。測定値は台帳にあります。"),
    ),
}

_ADVICE_NEEDS_INPUT = _Said(
    "Ask again with what the answer below says is missing.", "下の回答にある不足を補って、もう一度質問してください。"
)
_ADVICE_REFUSED = _Said(
    "Ask about the tables that there are; `kaiseki schema` lists them.",
    "存在する表について質問してください。表の一覧は `kaiseki schema` で見られます。",
)
_ADVICE_FAILED = _Said("Mend the cause and ask again.", "原因を取り除いて、もう一度質問してください。")
_ADVICE_CANCELLED = _Said("Ask again to run it to the end.", "最後まで実行するには、もう一度質問してください。")


def verdict(run: Run, language: Language) -> Verdict:
    happened, remedy = (said.by(language) for said in _explained(run.reason))
    match run.status:
        case Status.SUCCEEDED:
            return _of_outcome(run, language, happened, remedy)
        case Status.FAILED:
            return _of_failure(run, language, happened, remedy)
        case Status.CANCELLED:
            sentence = _Said("The run was cancelled before its end.", "実行は途中で取り消されました。").by(language)
            label = _Said("Cancelled", "取り消し").by(language)
            return Verdict("caution", label, sentence, remedy or _ADVICE_CANCELLED.by(language))
        case Status.TIMED_OUT:
            sentence = _Said("The run took too long and was stopped.", "時間がかかりすぎたため停止しました。")
            label = _Said("Timed out", "時間切れ").by(language)
            advice = remedy or _REASONS["budget.seconds"][1].by(language)
            return Verdict("bad", label, _joined(sentence.by(language), happened, language), advice)
        case _:
            sentence = _Said(
                "The run has not ended; this is what it had when the report was written.",
                "実行はまだ終わっていません。レポート作成時点までの内容です。",
            )
            return Verdict("open", _Said("Not finished", "実行中").by(language), sentence.by(language))


def _of_outcome(run: Run, language: Language, happened: str, remedy: str) -> Verdict:
    match run.outcome:
        case Outcome.ANSWERED if run.replayed:
            sentence = _Said(
                "Answered. Every figure is a recorded fact, and a clean replay of the code gave the same facts.",
                "回答しました。数値はすべて記録された値で、コードを最初から再実行しても同じ値になりました。",
            )
            return Verdict("good", _Said("Answered", "回答済み").by(language), sentence.by(language), remedy)
        case Outcome.ANSWERED:
            sentence = _Said(
                "Answered. Every figure is a recorded fact; the code was not replayed.",
                "回答しました。数値はすべて記録された値です。コードの再実行はしていません。",
            )
            return Verdict("good", _Said("Answered", "回答済み").by(language), sentence.by(language), remedy)
        case Outcome.PARTIAL:
            start = _Said("Answered in part.", "一部だけ回答しました。").by(language)
            label = _Said("Partial", "一部回答").by(language)
            return Verdict("caution", label, _joined(start, happened, language), remedy)
        case Outcome.REFUSED:
            start = _Said(
                "Not answered: the data at hand do not answer this question, or it must not be answered.",
                "回答していません。手元のデータでは答えられないか、答えるべきでない質問です。",
            )
            label = _Said("Refused", "回答不可").by(language)
            advice = remedy or _ADVICE_REFUSED.by(language)
            return Verdict("caution", label, _joined(start.by(language), happened, language), advice)
        case _:
            start = _Said("Not answered yet: something is missing.", "まだ回答できません。必要な情報が足りません。")
            label = _Said("Needs input", "追加情報が必要").by(language)
            advice = remedy or _ADVICE_NEEDS_INPUT.by(language)
            return Verdict("caution", label, _joined(start.by(language), happened, language), advice)


def _of_failure(run: Run, language: Language, happened: str, remedy: str) -> Verdict:
    error = (run.failure or {}).get("error", run.failure) or {}
    message = str(error.get("message", "")).strip()
    start = _Said("The run failed", "実行に失敗しました").by(language)
    cause = f"{start}: {message}" if message else _joined(_ended(start, language), happened, language)
    advice = str(error.get("hint", "")).strip() or remedy or _ADVICE_FAILED.by(language)
    return Verdict("bad", _Said("Failed", "失敗").by(language), _ended(cause, language), _ended(advice, language))


def _explained(reason: str) -> tuple[_Said, _Said]:
    if not reason:
        return _NOTHING, _NOTHING
    for key in sorted(_REASONS, key=len, reverse=True):
        if reason == key or reason.startswith(f"{key}."):
            return _REASONS[key]
    return _Said(f"Reason: {reason}.", f"理由: {reason}。"), _NOTHING


def _joined(first: str, second: str, language: Language) -> str:
    return first + ("" if language == "ja" else " ") + second if second else first


def _ended(sentence: str, language: Language) -> str:
    capital = sentence[:1].upper() + sentence[1:]
    return capital if capital.endswith((".", "!", "?", "。")) else capital + ("。" if language == "ja" else ".")
