"""The offline model: a deterministic writer of programs behind the same interface as any model."""

import re
from collections.abc import Iterator

from dspy import lm15

from kaiseki.lm.offline import aggregate, overview, prediction, relation, wording
from kaiseki.lm.offline.intent import Intent, Language, read_intent
from kaiseki.lm.offline.mentions import folded
from kaiseki.lm.offline.program import Program, shown
from kaiseki.lm.offline.reading import Briefing, Column, read_briefing
from kaiseki.lm.offline.source import source_for

_CHARACTERS_PER_TOKEN = 4
_STATUS = re.compile(
    r"^(?:Step (?P<number>\d+) (?P<verdict>accepted|failed)|The answer failed)[.:](?: Its answer failed:)?"
    r"(?: (?P<kind>\w+) (?P<type>\w+): (?P<message>.*))?$",
    re.MULTILINE,
)


class OfflineEngine:
    """Replies in the protocol of steps, from nothing but the text of the request."""

    def complete(self, request: lm15.Request) -> lm15.Response:
        texts = [(message.role, message.text or "") for message in request.messages]
        reply = write_reply(_system(request), texts)
        read = len(_system(request)) + sum(len(text) for _, text in texts)
        usage = lm15.Usage(
            input_tokens=max(1, read // _CHARACTERS_PER_TOKEN),
            output_tokens=max(1, len(reply) // _CHARACTERS_PER_TOKEN),
        )
        message = lm15.Message.assistant(reply)
        data = {"simulated_usage": True}
        return lm15.Response(None, request.model, message, "stop", usage, provider_data=data)

    def close(self) -> None:
        """Holds nothing open."""


def write_reply(system: str, messages: list[tuple[str, str]]) -> str:
    """The next reply of a conversation. `messages` are (role, text), the briefing first."""
    briefing = read_briefing(messages[0][1])
    heard = "\n".join(text for role, text in messages if role == "user")
    status = next(reversed(list(_STATUS.finditer(heard))), None)
    sent = {text.strip() for role, text in messages if role == "assistant"}
    replies = _replies(briefing, status, another_way=system.lstrip().startswith("# ChangeApproach"))
    *earlier, last = replies
    return next((reply for reply in earlier if reply.strip() not in sent), last)


def _system(request: lm15.Request) -> str:
    system = request.system
    if system is None or isinstance(system, str):
        return system or ""
    return "".join(getattr(part, "text", "") for part in system)


def _replies(briefing: Briefing, status: re.Match[str] | None, another_way: bool) -> Iterator[str]:
    """What may be sent next, best first; the last is always something that was not sent before."""
    intent = read_intent(briefing)
    programs = _programs(intent, briefing)
    if status is None:
        yield programs[0].reply()
    elif "no rows match" in (status["message"] or ""):
        yield _no_rows(intent, programs[0]).reply()
    elif len(programs) == 3:
        full, plain, other = programs
        if status["verdict"] != "failed":
            yield full.reply(only_answer=True)
        elif not another_way and status["kind"] in ("code", "facts"):
            yield plain.reply(resend_queries=False)
        if not another_way and status["kind"] != "query":
            yield plain.reply()
        if status["number"] is None or int(status["number"]) < 4:
            yield other.reply()
    reason = status["message"] if status and status["message"] else "?"
    yield _gave_up(intent, programs[0], reason).reply()
    yield _beyond(intent, briefing).reply()


def _programs(intent: Intent, briefing: Briefing) -> tuple[Program, ...]:
    """Three variants of a program (whole, plain, another way), or one refusal."""
    language = intent.language
    if not briefing.tables:
        return (_say_only(language, "refused", wording.say(language, "no_tables")),)
    missing = [(asked, nearest) for asked, nearest in briefing.unknown if folded(asked) not in intent.matched]
    if missing:
        return (_missing(intent, briefing, *missing[0]),)
    match intent.ask:
        case "overview":
            return overview.programs(intent, briefing)
        case "aggregate":
            return _aggregate(intent, briefing)
        case "relation":
            return _relation(intent, briefing)
        case "prediction":
            return _prediction(intent, briefing)
        case _:
            return (_beyond(intent, briefing),)


def _aggregate(intent: Intent, briefing: Briefing) -> tuple[Program, ...]:
    language = intent.language
    if intent.measure is None and intent.statistic not in ("count", "share", "distinct") and not intent.compared:
        numbers = [c for t in intent.tables for c in t.columns if c.kind == "number"]
        statistic = wording.choose(language, wording.STATISTICS[intent.statistic], column="…")
        columns = wording.columns_listed(language, numbers)
        text = wording.say(language, "which_measure", statistic=statistic, columns=columns)
        return (_say_only(language, "needs_input", text),)
    used = [c for c in (intent.measure, intent.compared, *intent.groups, *(x.column for x in intent.conditions)) if c]
    base = intent.tables[0] if intent.named and not (intent.measure and intent.measure.numeric) else None
    time = _time(intent, briefing, used) if intent.grain else None
    if intent.grain and time is None:
        return (_say_only(language, "refused", wording.say(language, "no_time")),)
    used += [time] if time else []
    source = source_for(used, briefing.tables, base) or source_for(used, briefing.tables)
    if source is None:
        return (_unjoined(intent, used),)
    return aggregate.programs(intent, source, briefing, time, _grain(intent.grain, time))


def _time(intent: Intent, briefing: Briefing, used: list[Column]) -> Column | None:
    """The time column to go by: named, of a condition, else the first of a table that is used or reached."""
    named = [c for c in (*intent.columns, *(x.column for x in intent.conditions)) if c.kind == "time"]
    touched = {c.table for c in used} or {t.sql for t in intent.tables}
    every = [c for t in briefing.tables for c in t.columns if c.kind == "time"]
    near = [c for c in every if c.table in touched]
    return next(iter((*named, *near, *every)), None)


def _grain(grain: str, time: Column | None) -> str:
    """What "over time" means for a column: days, months or years, by its range."""
    if grain != "auto" or time is None:
        return grain
    years = [int(text[:4]) for text in (time.low, time.high) if text[:4].isdigit()]
    months = [int(text[5:7]) for text in (time.low, time.high) if text[5:7].isdigit()]
    if len(years) < 2 or len(months) < 2:
        return "month"
    span = (years[1] - years[0]) * 12 + months[1] - months[0]
    return "day" if span <= 2 else "year" if span > 120 else "month"


def _relation(intent: Intent, briefing: Briefing) -> tuple[Program, ...]:
    first, second = intent.columns[:2]
    used = [first, second, *(c.column for c in intent.conditions)]
    source = source_for(used, briefing.tables)
    if source is None:
        return (_unjoined(intent, used),)
    return relation.programs(intent, source, briefing)


def _prediction(intent: Intent, briefing: Briefing) -> tuple[Program, ...]:
    language, target = intent.language, intent.target
    if target is None:
        columns = [c for t in intent.tables for c in t.columns if c.kind not in ("id", "time", "text")]
        text = wording.say(language, "which_target", columns=wording.columns_listed(language, columns))
        return (_say_only(language, "needs_input", text),)
    if target.distinct == 1:
        return (_say_only(language, "refused", wording.say(language, "one_class", target=shown(target.sql))),)
    task = prediction.task_of(intent)
    if task is None:
        return (_say_only(language, "refused", wording.say(language, "text_target", target=shown(target.sql))),)
    source = prediction.source_of(intent, briefing)
    if source is None:
        return (_unjoined(intent, [target, *intent.columns]),)
    features = prediction.choose_features(intent, source)
    if not features.any:
        return (_say_only(language, "refused", wording.say(language, "no_features", target=shown(target.sql))),)
    return prediction.programs(intent, source, briefing, features, task)


def _say_only(language: Language, outcome: str, text: str) -> Program:
    purpose = "Nothing to compute" if language == "en" else "計算は行いません"
    return Program(purpose, text, outcome)  # type: ignore[arg-type]  # one of Outcome


def _tables(intent: Intent, briefing: Briefing) -> str:
    return wording.listed(intent.language, [shown(t.sql) for t in briefing.tables[:12]])


def _beyond(intent: Intent, briefing: Briefing) -> Program:
    text = wording.say(intent.language, "beyond", understood="", tables=_tables(intent, briefing))
    return _say_only(intent.language, "refused", text)


def _missing(intent: Intent, briefing: Briefing, asked: str, nearest: str) -> Program:
    values = {"asked": shown(asked), "nearest": shown(nearest), "tables": _tables(intent, briefing)}
    return _say_only(intent.language, "refused", wording.say(intent.language, "missing", **values))


def _unjoined(intent: Intent, columns: list[Column]) -> Program:
    listed = wording.columns_listed(intent.language, list(dict.fromkeys(columns)))
    return _say_only(intent.language, "refused", wording.say(intent.language, "no_join", columns=listed))


def _first_paragraph(program: Program) -> str:
    """What the question was read as stands first in every answer."""
    return program.answer.partition("\n\n")[0]


def _no_rows(intent: Intent, program: Program) -> Program:
    text = wording.say(intent.language, "no_rows", read_as=_first_paragraph(program))
    return _say_only(intent.language, "refused", text)


def _gave_up(intent: Intent, program: Program, reason: str) -> Program:
    text = wording.say(intent.language, "gave_up", reason=shown(reason[:200]), read_as=_first_paragraph(program))
    return _say_only(intent.language, "refused", text)
