"""The agent's loop: ask for a reply, try it, tell what came of it, until there is an answer that holds."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from pydantic import JsonValue

from kaiseki.agent.analyst import Analyst
from kaiseki.agent.journal import Journal, Turn
from kaiseki.agent.meter import Meter
from kaiseki.agent.observation import State, observe
from kaiseki.agent.protocol import AnswerDraft, Reply, parse_reply
from kaiseki.agent.replay import Replay, as_failure
from kaiseki.agent.review import Verdict, review
from kaiseki.agent.tables import markdown_tables
from kaiseki.agent.workbench import Workbench
from kaiseki.language import language_of
from kaiseki.models import Event, Failure, Resolution, Step

OBSERVED_ROWS = 12  # of a table: as many as a model needs to write about it


@dataclass(frozen=True)
class Case:
    """The question, and what was found in the schema before the first model call."""

    question: str
    briefing: str
    names: Collection[str]  # of tables and columns: digits in them are no figures
    resolutions: tuple[Resolution, ...] = ()


@dataclass(frozen=True)
class Conclusion:
    """How the loop ended: with an answer that holds (`reason` empty), or without (`reason` says why)."""

    reason: str = ""
    draft: AnswerDraft | None = None
    verdict: Verdict = Verdict()
    replay: Replay | None = None


@dataclass(frozen=True)
class Investigation:
    """One question being worked on; `journal`, `meter` and `workbench` hold all that changes."""

    case: Case
    analyst: Analyst
    workbench: Workbench
    journal: Journal
    meter: Meter
    look_up: Callable[[tuple[str, ...]], str]
    tell: Callable[[Event], None]

    def conclude(self) -> Conclusion:
        """Works until an answer holds, the budget ends, or one failure came too often. Raises ModelError."""
        while True:
            reason = self.meter.exhausted() or ("loop.stuck" if self.journal.hopeless else None)
            if reason is not None:
                return Conclusion(reason)
            conclusion = self._take(self._ask())
            if conclusion is not None:
                return conclusion

    def _ask(self) -> str:
        signature = self.analyst.signature_for(self.journal)
        self.tell(Event(kind="thinking", message=signature, step=self.journal.next_number))
        answer = self.analyst.ask(self.case.briefing, self.journal)
        self.meter.called(answer.usage)
        detail: JsonValue = {"signature": signature, "reply": answer.reply, "usage": answer.usage.model_dump()}
        self.tell(Event(kind="model_call", message=signature, step=self.journal.next_number, detail=detail))
        return answer.reply

    def _take(self, text: str) -> Conclusion | None:
        """One turn: the step of a reply first, then its answer; the first failure ends the turn."""
        reply = parse_reply(text)
        if isinstance(reply, Failure):
            unread = Step(number=self.journal.next_number, reply=text, failure=reply)
            self._record(unread)
            self._continue(text, unread, (reply,))
            return None
        step = self._try(reply) if reply.queries or reply.code or reply.lookups else None
        failures: tuple[Failure, ...] = (step.failure,) if step is not None and step.failure is not None else ()
        if reply.answer is not None and not failures:
            conclusion, failures = self._answer(reply.answer)
            if conclusion is not None:
                return conclusion
        self._continue(text, step, failures, reply.lookups)
        return None

    def _try(self, reply: Reply) -> Step:
        number = self.journal.next_number
        self.tell(Event(kind="step", message=reply.purpose, step=number))
        step = self.workbench.attempt(number, reply, self.meter.seconds_left)
        self._record(step)
        return step

    def _record(self, step: Step) -> None:
        self.journal.add(step, self.workbench.accepted)
        self.meter.attempted(step)
        if step.failure is None:
            self.tell(Event(kind="accepted", message=step.purpose, step=step.number))
        else:
            message = f"{step.failure.type}: {step.failure.message}"
            self.tell(Event(kind="failed", message=message, step=step.number))

    def _answer(self, draft: AnswerDraft) -> tuple[Conclusion | None, tuple[Failure, ...]]:
        """The conclusion, if figures are bound and the facts come out the same again; else the failures."""
        self.tell(Event(kind="phase", message="checking the answer"))
        verdict = review(
            draft,
            self.case.question,
            self.workbench.facts,
            markdown_tables(self.workbench.bundle, language=language_of(self.case.question)),
            {*self.case.names, *(query.name for step in self.workbench.accepted for query in step.queries)},
            self.case.resolutions,
        )
        if verdict.failures:
            return None, self._refused(verdict.failures)
        if not self.workbench.accepted:
            return Conclusion("", draft, verdict), ()
        self.tell(Event(kind="phase", message="running the analysis again from the top"))
        replay = self.workbench.replay()
        differs = as_failure(replay)
        if differs is not None:
            return None, self._refused((differs,))
        return Conclusion("", draft, verdict, replay), ()

    def _refused(self, failures: tuple[Failure, ...]) -> tuple[Failure, ...]:
        self.tell(Event(kind="failed", message=f"{failures[0].type}: {failures[0].message}"))
        return failures

    def _continue(
        self, text: str, step: Step | None, failures: tuple[Failure, ...], lookups: tuple[str, ...] = ()
    ) -> None:
        """Adds the turn to the conversation."""
        if step is None:
            self.meter.answered()
        looked_up = self.look_up(lookups) if lookups else ""
        state = State(
            facts=self.workbench.facts,
            tables=markdown_tables(self.workbench.bundle, rows=OBSERVED_ROWS),
            data=self.workbench.data,
            kept=self.workbench.kept,
            left=self.meter.left(),
            veil=self.workbench.veil,
        )
        observation = observe(step, failures, state, looked_up)
        self.journal.turns.append(Turn(text, observation, failures[0] if failures else None))
