"""The offline model: a deterministic writer of programs behind the same interface as any model."""

import re
from collections.abc import Iterator
from dataclasses import replace

from dspy import lm15

from kaiseki.lm.offline import aggregate, features, overview, prediction, relation, wording
from kaiseki.lm.offline.draft import Draft, remarks
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.interpret import read_intent
from kaiseki.lm.offline.mentions import folded
from kaiseki.lm.offline.program import Outcome, Program, shown
from kaiseki.lm.offline.reading import Briefing, Column, Table, read_briefing
from kaiseki.lm.offline.source import Source, source_for

_CHARACTERS_PER_TOKEN = 4
_STATUS = re.compile(
    r"^(?:Step \d+ (?:accepted|failed)|The answer failed)[.:](?: Its answer failed:)?"
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
    another_way = system.lstrip().startswith("# ChangeApproach")
    *earlier, last = _replies(briefing, status, heard[status.end() :] if status else "", another_way)
    return next((reply for reply in earlier if reply.strip() not in sent), last)


def _system(request: lm15.Request) -> str:
    system = request.system
    if system is None or isinstance(system, str):
        return system or ""
    return "".join(getattr(part, "text", "") for part in system)


def _replies(briefing: Briefing, status: re.Match[str] | None, told: str, another_way: bool) -> Iterator[str]:
    """What may be sent next, best first; `told` is what the last observation says after its first line."""
    intent = read_intent(briefing)
    full, *plain = _programs(intent, briefing)
    if status is None:
        yield full.reply()
    elif "no rows match" in (status["message"] or ""):
        yield _no_rows(intent, full).reply()
    elif plain and not another_way:
        if status["kind"] == "answer":
            yield _without_lines(full, told).reply(only_answer=True)
        elif status["kind"] in ("code", "facts"):
            yield plain[0].reply(resend_queries=False)
        elif status["kind"] != "query":
            yield plain[0].reply()
    yield _gave_up(intent, full, status["message"] if status else "").reply()
    yield _beyond(intent, briefing).reply()


def _without_lines(program: Program, told: str) -> Program:
    """The program with an answer that leaves out the lines at fault."""
    faulty = {int(number) for number in re.findall(r"in line (\d+) of the answer", told)}
    kept = [line for i, line in enumerate(program.answer.split("\n"), 1) if i not in faulty]
    return replace(program, answer="\n".join(kept), outcome="partial")


def _programs(intent: Intent, briefing: Briefing) -> tuple[Program, ...]:
    """A program with its chart and without, or one refusal."""
    if not briefing.tables:
        return (_only(intent, "refused", "no_tables"),)
    missing = [(asked, nearest) for asked, nearest in briefing.unknown if folded(asked) not in intent.matched]
    if missing:
        return (_missing(intent, briefing, *missing[0]),)
    match intent.ask:
        case "overview":
            return overview.programs(intent)
        case "aggregate":
            return _aggregate(intent, briefing)
        case "relation":
            return _relation(intent, briefing)
        case "prediction":
            return _prediction(intent, briefing)
        case _:
            return (_beyond(intent, briefing),)


def _aggregate(intent: Intent, briefing: Briefing) -> tuple[Program, ...]:
    if intent.measure is None and intent.statistic not in ("count", "share"):
        return (_which_measure(intent),)
    base = intent.tables[0] if intent.named and not (intent.measure and intent.measure.numeric) else None
    home = base or (briefing.table(intent.measure.table) if intent.measure else None)
    intent = replace(intent, groups=tuple(_nearest_key(c, home) for c in intent.groups))
    conditions = [*intent.conditions, *([intent.compared] if intent.compared else [])]
    used = [c for c in (intent.measure, *intent.groups, *(x.column for x in conditions)) if c]
    time = _time(intent, briefing, used) if intent.grain else None
    if intent.grain and time is None:
        return (_only(intent, "refused", "no_time"),)
    used += [time] if time else []
    source = source_for(used, briefing.tables, base) or source_for(used, briefing.tables)
    if source is None:
        return (_unjoined(intent, used),)
    if base and source.base is not base and intent.statistic == "count" and (key := _key_towards(base, source)):
        intent = replace(intent, statistic="distinct", measure=key)
    keys = intent.groups if intent.statistic == "count" else [intent.measure] if intent.statistic == "per_key" else ()
    if any(c and c.key and c.table == source.base.sql for c in keys):
        return (_which_measure(replace(intent, statistic="")),)  # each group would be a single row
    left_out = (*intent.left_out, *_unused(intent, source))
    intent = replace(intent, unit=_other_unit(intent, source), left_out=left_out)
    return aggregate.programs(Draft(intent, briefing, source), time, _grain(intent.grain, time))


def _which_measure(intent: Intent) -> Program:
    if not intent.statistic:
        key, statistic = "which_number", ""
    else:
        key, statistic = (
            "which_measure",
            wording.choose(intent.language, wording.STATISTICS[intent.statistic], column="…"),
        )
    numbers = [c for t in intent.tables for c in t.columns if c.kind == "number"]
    columns = wording.columns_listed(intent.language, numbers) or "–"
    told = remarks(intent)
    return _only(intent, "needs_input", key, statistic=statistic, columns=columns, remarks=told)


def _nearest_key(column: Column, table: Table | None) -> Column:
    """The column of `table` that points to `column`, if it has one: it says the same without a join."""
    own = table.columns if table else ()
    return next((c for c in own if (c.references, c.referenced) == (column.table, column.sql)), column)


def _unused(intent: Intent, source: Source) -> list[str]:
    """Tables that the question names, whose rows belong to those measured and yet play no part ("who ordered")."""
    joined = {t.sql for t in source.tables}
    apart = [t for t in intent.tables if intent.named and t.sql not in joined]
    return [t.name for t in apart if any(c.references in joined for c in t.columns)]


def _other_unit(intent: Intent, source: Source) -> Table | None:
    """The table that the question speaks of, if the statistic is of the rows of another and would differ with them."""
    if intent.statistic in ("distinct", "maximum", "minimum"):
        return None
    joined = [t for t, _ in source.joins]
    if intent.measure and intent.measure.kind == "number":
        return next((t for t in joined if t.sql == intent.measure.table), None)
    if intent.measure and intent.statistic == "total":
        return None
    grouped = {name for g in intent.groups for name in (g.table, g.references)}
    subjects = [t for t in intent.tables if t.sql not in grouped] if intent.named else []
    return None if source.base in subjects else next((t for t in subjects if t in joined or intent.measure), None)


def _key_towards(table: Table, source: Source) -> Column | None:
    """The column of the joined rows that tells the rows of `table` apart."""
    return next((c for t in source.tables for c in t.columns if c.references == table.sql), None)


def _time(intent: Intent, briefing: Briefing, used: list[Column]) -> Column | None:
    """The time column to go by: named, of a condition, else the first of a table that is used or reached."""
    named = [c for c in (*intent.columns, *(x.column for x in intent.conditions)) if c.kind == "time"]
    measured = [intent.measure.table] if intent.measure else []
    about = [*measured, *(t.sql for t in intent.tables if intent.named), *(c.table for c in used)]
    every = [c for t in briefing.tables for c in t.columns if c.kind == "time"]
    near = [c for table in about for c in every if c.table == table]
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
    return relation.programs(Draft(intent, briefing, source))


def _prediction(intent: Intent, briefing: Briefing) -> tuple[Program, ...]:
    target = intent.target
    if target is None:
        columns = [c for t in intent.tables for c in t.columns if c.kind not in ("id", "time", "text")]
        listed = wording.columns_listed(intent.language, columns)
        return (_only(intent, "needs_input", "which_target", columns=listed),)
    name = shown(target.sql)
    if target.distinct == 1:
        return (_only(intent, "refused", "one_class", target=name),)
    task = features.task_of(intent)
    if task is None:
        return (_only(intent, "refused", "text_target", target=name),)
    source = features.source_of(intent, briefing)
    if source is None:
        return (_unjoined(intent, [target, *intent.columns]),)
    chosen = features.choose_features(intent, source)
    if not chosen.used:
        return (_only(intent, "refused", "no_features", target=name),)
    return prediction.programs(Draft(intent, briefing, source), chosen, task)


def _only(intent: Intent, outcome: Outcome, key: str, **values: str) -> Program:
    """An answer without a step."""
    return Program("Nothing to compute", wording.say(intent.language, key, **values), outcome)


def _beyond(intent: Intent, briefing: Briefing) -> Program:
    program = _only(intent, "refused", "beyond", tables=_tables(intent, briefing))
    return replace(program, answer="\n\n".join(filter(None, (program.answer, remarks(intent)))))


def _missing(intent: Intent, briefing: Briefing, asked: str, nearest: str) -> Program:
    tables = _tables(intent, briefing)
    return _only(intent, "refused", "missing", asked=shown(asked), nearest=shown(nearest), tables=tables)


def _tables(intent: Intent, briefing: Briefing) -> str:
    return wording.listed(intent.language, [shown(t.sql) for t in briefing.tables[:12]])


def _unjoined(intent: Intent, columns: list[Column]) -> Program:
    listed = wording.columns_listed(intent.language, list(dict.fromkeys(columns)))
    return _only(intent, "refused", "no_join", columns=listed)


def _no_rows(intent: Intent, program: Program) -> Program:
    return _only(intent, "refused", "no_rows", read_as=program.read_as)


def _gave_up(intent: Intent, program: Program, reason: str) -> Program:
    # Figures of an error message are of no fact, and an answer may not show them.
    reason = shown(re.sub(r"\d+", "…", reason)[:200])
    return _only(intent, "refused", "gave_up", reason=reason, read_as=program.read_as)
