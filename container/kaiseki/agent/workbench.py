"""Where steps are tried: queries on the warehouse, Python in the sandbox; accepted whole, or leaving no trace."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from kaiseki.agent import requirements
from kaiseki.agent.ledger import facts_of, lineage_of, records_of
from kaiseki.agent.lineage import unbound
from kaiseki.agent.protocol import QueryDraft, Reply
from kaiseki.agent.replay import LEFT_BEHIND, Replay, replay
from kaiseki.agent.veil import Veil, veil_of
from kaiseki.models import Budget, Event, Fact, Failure, Query, Step, Wheel
from kaiseki.ports import Packages, Sandbox, Session, Warehouse

LEAST_SECONDS = 1.0


class Workbench:
    """Holds the accepted steps of a run, their rows and facts, and the session that has executed just these."""

    def __init__(
        self,
        warehouse: Warehouse,
        sandbox: Sandbox,
        bundle: Path,
        budget: Budget,
        step_seconds: float,
        tell: Callable[[Event], None],
        packages: Packages | None = None,
    ) -> None:
        self._warehouse = warehouse
        self._sandbox = sandbox
        self.bundle = bundle
        self._budget = budget
        self._step_seconds = step_seconds
        self._tell = tell
        self._packages = packages
        self._imports_from: Path | None = None  # the session that is open
        self._open = contextlib.ExitStack()
        self._session: Session | None = None
        self._rows: dict[str, Query] = {}  # succeeded, not yet of an accepted step: a repair need not resend them
        self.accepted: tuple[Step, ...] = ()
        self.facts: dict[str, Fact] = {}

    @property
    def data(self) -> Path:
        return self.bundle / "data"

    def wheels_in_use(self) -> tuple[Wheel, ...]:
        """What the accepted steps require beside what is installed; from now on this alone is provided."""
        if self._packages is None:
            return ()
        named = (name for step in self.accepted for name in step.requirements)
        self._packages.provide(requirements.not_installed(named))
        return self._packages.used

    @property
    def _packages_path(self) -> Path | None:
        return self._packages.path if self._packages else None

    @property
    def veil(self) -> Veil:
        """Over all rows that there are."""
        accepted = (query for step in self.accepted for query in step.queries)
        return veil_of((*accepted, *self._rows.values()), self.data)

    @property
    def kept(self) -> tuple[str, ...]:
        """Queries that succeeded in a step that failed."""
        return tuple(self._rows)

    def __enter__(self) -> "Workbench":
        self.data.mkdir(exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def attempt(self, number: int, reply: Reply, seconds: float) -> Step:
        """Runs one reply within `seconds`; the step that comes back says whether it was accepted."""
        step = Step(
            number=number,
            purpose=reply.purpose,
            lookups=reply.lookups,
            requirements=reply.requirements,
            code=reply.code,
            replaces=reply.replaces,
        )
        refused = self._refuse(step, reply)
        if refused is not None:
            return step.model_copy(update={"failure": refused})
        queries = tuple(self._query(draft, step) for draft in reply.queries)
        step = step.model_copy(update={"queries": queries})
        failed = next((query.failure for query in queries if query.failure is not None), None)
        if failed is not None:
            return step.model_copy(update={"failure": failed})
        if not step.code:
            return self._accept(step, self._in_place(step)) if queries else step.model_copy(update={"accepted": True})
        return self._run(step, min(self._step_seconds, max(LEAST_SECONDS, seconds)))

    def _refuse(self, step: Step, reply: Reply) -> Failure | None:
        """What can be told without running anything."""
        numbers = [old.number for old in self.accepted]
        if step.replaces is not None and step.replaces not in numbers:
            there_are = ", ".join(map(str, numbers)) or "none yet"
            return Failure(
                kind="reply",
                type="NoSuchStep",
                message=f"step {step.replaces} cannot be replaced: it was not accepted",
                hint=f"accepted steps: {there_are}; leave `replaces` out to add a step",
            )
        replaced = next((old for old in self.accepted if old.number == step.replaces), None)
        again = {query.name: query.sql for query in replaced.queries} if replaced else {}
        sent = (each for each in reply.queries if again.get(each.name) != each.sql)
        taken = next((each.name for each in sent if each.name in self._frozen), None)
        if taken is not None:
            return Failure(
                kind="query",
                type="FrozenName",
                subject=taken,
                message=f"the query name {taken} belongs to an accepted step, whose rows stay as they are",
                hint="give this query another name, or load the rows that are there",
            )
        earlier = (name for old in self.accepted if old.number != step.replaces for name in old.requirements)
        return requirements.refused(step.requirements, self._packages, earlier)

    @property
    def _frozen(self) -> dict[str, Query]:
        """By their names, the queries whose rows stay as they are, also while a step is tried in place of theirs."""
        return {query.name: query for step in self.accepted for query in step.queries}

    def _query(self, draft: QueryDraft, step: Step) -> Query:
        if draft.name in self._frozen:  # sent again as it was by what replaces its step
            return self._frozen[draft.name]
        self._rows.pop(draft.name, None)
        into = self.data / f"{draft.name}.parquet"
        query = self._warehouse.run(draft.name, draft.sql, into, self._budget.row_cap)
        if query.failure is None:
            self._rows[query.name] = query
        rows = query.failure.message if query.failure else f"{query.rows:,} rows"
        self._tell(Event(kind="query", message=f"{query.name}: {rows}", step=step.number))
        return query

    def _run(self, step: Step, timeout: float) -> Step:
        goes_on = step.replaces is None and self._imports_from == self._packages_path
        session = self._session if goes_on else None
        if session is not None:
            execution = session.execute(step.code, step.number, timeout)
            step = step.model_copy(update={"execution": execution})
            order, failure = self._in_place(step), execution.failure
        else:
            order, failure = self._rebuild(step, timeout)
            step = next(each for each in order if each.number == step.number)
        failure = failure or self._unbound(step, order)
        if failure is not None or self._session is None:
            self._close_session()
            return step.model_copy(update={"failure": failure})
        if session is None:
            self._remove_left_behind()  # the fresh session has written all of it again
        self._session.collect(self.bundle, LEFT_BEHIND)
        return self._accept(step, order)

    def _in_place(self, step: Step) -> tuple[Step, ...]:
        """The order of the analysis with `step` at its place: that of the step it replaces, or the end."""
        if step.replaces is None:
            return (*self.accepted, step)
        return tuple(step if old.number == step.replaces else old for old in self.accepted)

    def _rebuild(self, step: Step, timeout: float) -> tuple[tuple[Step, ...], Failure | None]:
        """A fresh session that executes the accepted steps again, with `step` at its place.

        Returns all steps in order with these executions, and the first failure.
        """
        session = self._fresh()
        order = list(self._in_place(step))
        for index, each in enumerate(order):
            if not each.code:
                continue
            execution = session.execute(each.code, each.number, timeout if each is step else self._step_seconds)
            order[index] = each.model_copy(update={"execution": execution})
            if execution.failure is not None and each is step:
                return tuple(order), execution.failure
            if execution.failure is not None:
                message = f"step {each.number} fails when it runs again: {execution.failure.message}"
                return tuple(order), execution.failure.model_copy(update={"message": message})
        return tuple(order), None

    def _unbound(self, step: Step, order: Sequence[Step]) -> Failure | None:
        failures = unbound(records_of(step), lineage_of(order))
        return failures[0] if failures else None

    def _accept(self, step: Step, order: Sequence[Step]) -> Step:
        """Gives the step the rows it is first to use, and binds the facts."""
        sent = {query.name for query in step.queries}
        kept = (query for name, query in self._rows.items() if name in _loaded_by(step))
        earlier = tuple(query for query in (*self._inherited(step, order), *kept) if query.name not in sent)
        step = step.model_copy(update={"accepted": True, "queries": (*earlier, *step.queries)})
        for query in step.queries:
            self._rows.pop(query.name, None)
        self.accepted = tuple(step if each.number == step.number else each for each in order)
        self.facts = facts_of(self.accepted)
        return step

    def _inherited(self, step: Step, order: Sequence[Step]) -> Iterator[Query]:
        """Queries of the step that `step` replaces whose rows the analysis goes on to load."""
        loaded = {name for each in order for name in _loaded_by(each)}
        for old in self.accepted:
            if old.number == step.replaces:
                yield from (query for query in old.queries if query.name in loaded)

    def replay(self) -> Replay:
        """The clean replay of what was accepted. If its facts are the same, what it left behind is what is shipped."""
        with tempfile.TemporaryDirectory(dir=self.bundle, prefix=".replay-") as scratch:
            left = Path(scratch)
            path = self._packages_path if self.wheels_in_use() else None
            result = replay(
                self._sandbox, self.data, self.accepted, self.facts, self._step_seconds, left, packages=path
            )
            if result.same:
                self._remove_left_behind()
                for folder in LEFT_BEHIND:
                    if (left / folder).exists():
                        (left / folder).rename(self.bundle / folder)
        return result

    def _remove_left_behind(self) -> None:
        for folder in LEFT_BEHIND:
            shutil.rmtree(self.bundle / folder, ignore_errors=True)

    def _fresh(self) -> Session:
        self._close_session()
        self._imports_from = self._packages_path
        self._session = self._open.enter_context(self._sandbox.open(self.data, self._imports_from))
        return self._session

    def _close_session(self) -> None:
        self._open.close()
        self._session = None


def _loaded_by(step: Step) -> set[str]:
    return {record.name for record in records_of(step) if record.kind == "load"}
