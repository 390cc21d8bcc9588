"""The nouns of the program: frozen values that serialise to `run.json` and are handed between its parts."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from kaiseki.lifecycle import Outcome, Status


class Value(BaseModel):
    """Base of the core types: immutable, and closed against fields nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ── the schema ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `type` is Redshift's name for it. The statistics are of the rows that were profiled.

    A plain dataclass: a large warehouse has hundreds of thousands, and a model takes six times the memory.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    type: str
    comment: str = ""
    nulls: int | None = None
    distinct: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    frequent: tuple[tuple[str, int], ...] = ()  # (value, rows), most frequent first; complete if len == distinct
    references: str | None = None  # "table.column", declared or inferred from names and values
    personal: str = ""  # what it tells of people ("e-mail address"): then it has forms and no values
    forms: tuple[str, ...] = ()  # of a personal column: what its values look like, such as `Aaaa.aaaa@aaa.aaa`
    lengths: tuple[int, int] | None = None  # of a personal column of text: characters of the shortest and the longest


class Table(Value):
    name: str
    columns: tuple[Column, ...]
    schema_name: str = ""  # empty in a warehouse that has one schema
    database: str = ""  # of a table in another database than the warehouse's own: one that is shared with it
    kind: Literal["table", "view", "external", "attachment"] = "table"
    comment: str = ""
    rows: int | None = None
    sampled: int | None = None  # rows that the statistics of the columns are of, where these are not all
    estimated: bool = False  # the counts of values, whole or sampled, are estimates
    profile_note: str = ""  # how the statistics were come by, or why there are none
    primary_key: tuple[str, ...] = ()
    sort_key: tuple[str, ...] = ()
    distribution_key: str = ""
    partition_key: tuple[str, ...] = ()  # of an external table

    @property
    def path(self) -> tuple[str, ...]:
        """The name with all that SQL must write before it."""
        return tuple(part for part in (self.database, self.schema_name, self.name) if part)

    @property
    def qualified(self) -> str:
        return ".".join(self.path)


class Catalog(Value):
    tables: tuple[Table, ...]
    fingerprint: str = ""
    schemas: tuple[str, ...] | None = None  # those that it is limited to; None: it is not

    def table(self, qualified: str) -> Table | None:
        indexed, by_name = self._by_name
        if indexed is not self.tables:  # copied with other tables: a copy takes along what was cached
            del self.__dict__["_by_name"]
            _, by_name = self._by_name
        return by_name.get(qualified)

    @cached_property
    def _by_name(self) -> tuple[tuple[Table, ...], dict[str, Table]]:
        return self.tables, {table.qualified: table for table in reversed(self.tables)}


# ── what runs ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Failure(Value):
    """Why a reply, query or script did not work, in words for the model that wrote it.

    kind        where: "reply" (it could not be parsed), "query", "code", "facts", "answer", "replay"
    type        the error's own name: "SyntaxError", "UnknownColumn", "KeyError", "timeout", "memory" ...
    line        1-based, of the model's own text (code or SQL); None if it has none
    traceback   of generated code only, without frames of this program
    """

    kind: Literal["reply", "query", "code", "facts", "answer", "replay"]
    type: str
    message: str
    line: int | None = None
    subject: str = ""  # the name of the query, fact or placeholder
    traceback: str = ""
    hint: str = ""

    @property
    def fingerprint(self) -> str:
        """Equal for failures that are the same fault again, whatever line it moved to."""
        return "|".join((self.kind, self.type, self.subject, self.message.splitlines()[0] if self.message else ""))


class Query(Value):
    """One statement that ran. `rows` counts what was kept; `truncated` says the row cap cut the rest."""

    name: str
    sql: str
    executed_sql: str = ""
    sha256: str = ""  # of the Parquet rows
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0
    truncated: bool = False
    columns: tuple[tuple[str, str], ...] = ()  # (name, type)
    veiled: tuple[str, ...] = ()  # columns whose values the model is shown by their form alone: they are personal
    warnings: tuple[str, ...] = ()
    failure: Failure | None = None


class Record(Value):
    """One call of the kit as the sandbox reported it, before the host has bound it to its queries."""

    kind: Literal["load", "fact", "setting", "table", "chart", "model", "check"]
    name: str
    step: int
    line: int
    value: JsonValue = None  # load: [[column, dtype], ...]; check: {"status", "message"}; model: its metrics
    unit: str | None = None
    note: str | None = None
    title: str | None = None
    files: tuple[str, ...] = ()  # paths below the outbox


class Execution(Value):
    """One run of generated code."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0
    seconds: float = 0.0
    peak_memory_bytes: int = 0
    timed_out: bool = False
    killed: str = ""  # the limit that ended the session: "time", "memory", "cpu", "disk", "output", "exit"; else empty
    records: tuple[Record, ...] = ()
    failure: Failure | None = None


class Step(Value):
    """One attempt: what the model wrote and what came of it. Attempts are numbered from 1; failed ones are kept."""

    number: int
    purpose: str = ""
    lookups: tuple[str, ...] = ()
    queries: tuple[Query, ...] = ()
    requirements: tuple[str, ...] = ()
    code: str = ""
    replaces: int | None = None
    execution: Execution | None = None
    accepted: bool = False
    replaced_by: int | None = None
    failure: Failure | None = None
    reply: str = ""  # the model's text, kept where it could not be parsed


class Wheel(Value):
    """A package that was not installed: a wheel of the operator's folder, which steps of the run required."""

    name: str
    version: str
    file: str
    sha256: str


class Fact(Value):
    """A measured figure, name or verdict ("fact"), or a constant that was chosen ("setting")."""

    name: str
    kind: Literal["fact", "setting"]
    value: JsonValue
    unit: str | None = None
    note: str | None = None
    step: int
    line: int
    queries: tuple[str, ...] = ()


class Artifact(Value):
    """A file of the bundle; `path` is relative to the bundle."""

    name: str
    kind: str  # "query", "data", "table", "figure", "model", "code", "answer", "report", "notebook", "trace", "log"
    path: str
    media_type: str
    bytes: int
    sha256: str
    title: str = ""
    step: int | None = None


class Citation(Value):
    """One figure of the answer: the text shown, and the fact (with the way into it) that it stands for."""

    shown: str
    fact: str
    placeholder: str


class Check(Value):
    name: str
    status: Literal["passed", "warning", "failed"]
    message: str


class Usage(Value):
    """What the model cost. `simulated`: the tokens and dollars of a model that was not called (offline, recorded)."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usd: float | None = 0.0  # None: the model's price is not known
    simulated: bool = False

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            usd=None if self.usd is None or other.usd is None else self.usd + other.usd,
            simulated=self.simulated or other.simulated,
        )


class Event(Value):
    """What happens in a run, told as it happens. `seconds` are since its start; `usage` is the sum so far."""

    kind: Literal["phase", "thinking", "step", "query", "accepted", "failed", "model_call", "ending", "ended"]
    message: str
    step: int | None = None
    seconds: float = 0.0
    usage: Usage = Usage()
    detail: JsonValue = None  # for the trace: what a terminal does not show


# ── a run ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Budget(Value):
    """What one run may use up; reaching any ends it with a partial bundle and the reason `budget.<name>`."""

    steps: int = Field(default=12, ge=1)
    tokens: int = Field(default=400_000, ge=1)
    usd: float = Field(default=2.0, ge=0)
    seconds: float = Field(default=900.0, gt=0)
    rows: int = Field(default=5_000_000, ge=1)  # over all queries
    rows_per_query: int = Field(default=200_000, ge=1)  # beyond it a result is truncated, and says so

    @property
    def row_cap(self) -> int:
        """Rows that one query may return: no more than all of them may."""
        return min(self.rows_per_query, self.rows)


class FollowUp(Value):
    """The earlier run that a question goes on from, in words; its figures are not facts of the new one."""

    run_id: str
    prompt: str
    answer: str


class Request(Value):
    """What somebody asked, as it lies in the store before anything has run."""

    run_id: str
    prompt: str
    created_at: datetime
    budget: Budget = Budget()
    attachments: tuple[str, ...] = ()  # file names below the run's `attachments/`
    follow_up: FollowUp | None = None
    schemas: tuple[str, ...] | None = None  # of the warehouse, that may be read; None: all that the settings allow


class Resolution(Value):
    """A name in the question that the schema does not have, and the nearest that it has."""

    asked: str
    found: str
    kind: Literal["table", "column"]


class KnowledgeUse(Value):
    """A term or a verified question of the company's own that the model was given; `source` is its file and line."""

    kind: Literal["term", "question"]
    name: str
    source: str


class Run(Value):
    """Everything known about one run; the content of `run.json`."""

    id: str
    prompt: str
    status: Status
    created_at: datetime
    budget: Budget = Budget()
    version: str = ""
    model: str = ""
    warehouse: str = ""
    outcome: Outcome | None = None
    reason: str = ""
    language: Literal["en", "ja"] = "en"
    follow_up_to: str = ""  # the id of the run that the question goes on from
    started_at: datetime | None = None
    ended_at: datetime | None = None
    resolutions: tuple[Resolution, ...] = ()
    knowledge: tuple[KnowledgeUse, ...] = ()
    knowledge_left_out: tuple[str, ...] = ()  # a line for each entry that does not fit the schema
    steps: tuple[Step, ...] = ()
    facts: tuple[Fact, ...] = ()
    replayed: bool = False
    checks: tuple[Check, ...] = ()
    usage: Usage = Usage()
    answer: str = ""
    answer_parts: tuple[str | Citation, ...] = ()  # the same answer, with its figures apart from its words
    answer_template: str = ""
    failure: dict[str, Any] | None = None  # a KaisekiError's `error`, where status is FAILED
    artifacts: tuple[Artifact, ...] = ()
    wheels: tuple[Wheel, ...] = ()
    environment: dict[str, str] = Field(default_factory=dict)  # Python, platform and package versions

    @property
    def accepted_steps(self) -> tuple[Step, ...]:
        """The steps of the analysis as they run: one that replaced another stands in its place."""
        places: dict[int, int] = {}
        for step in self.steps:
            places[step.number] = places.get(step.replaces or 0, step.number)
        kept = (s for s in self.steps if s.accepted and s.replaced_by is None)
        return tuple(sorted(kept, key=lambda s: places[s.number]))
