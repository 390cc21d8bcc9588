"""What the variants of one program share: how the question was read, on which rows, and what to say of it."""

from dataclasses import dataclass

from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.program import Outcome, Program, lines, shown
from kaiseki.lm.offline.reading import Briefing, Column
from kaiseki.lm.offline.source import Source
from kaiseki.lm.offline.wording import Texts, choose, listed, say, spoken_of

_SAMPLE_ROWS = 200_000  # of single rows, which a script fits in the time of a step


@dataclass(frozen=True)
class Draft:
    intent: Intent
    briefing: Briefing
    source: Source

    def say(self, texts: Texts, **values: str) -> str:
        return choose(self.intent.language, texts, **values)

    @property
    def oversized(self) -> bool:
        """Whether its rows, fetched one by one, would be cut at the row cap, or are more than a script gets through."""
        return self.source.base.rows > self.most_rows

    @property
    def most_rows(self) -> int:
        return min(self.briefing.row_cap, _SAMPLE_ROWS)

    def name(self, column: Column) -> str:
        return self.source.name(column)

    def where(self, *further: str) -> str:
        conditions = [*(c.sql(self.name(c.column)) for c in self.intent.conditions), *further]
        return f"WHERE {' AND '.join(conditions)}" if conditions else ""

    def program(
        self, purpose: str, what: str, answer: str, query: str, sql: str, code: str, single_rows: bool = False
    ) -> Program:
        """`what` was understood, `answer` says what was found; `single_rows`: the query does not aggregate."""
        cut = single_rows and self.oversized
        # A word that was not understood is most likely a condition; what names a target is plain enough without.
        partial = self.intent.unit or (self.intent.left_out and self.intent.ask != "prediction")
        outcome: Outcome = "partial" if partial else "answered"
        text = "\n\n".join(
            part
            for part in (
                self._read_as(what, conditions=True),
                answer,
                self._unit(),
                remarks(self.intent),
                say(self.intent.language, "truncated") if cut else "",
            )
            if part
        )
        plain = self._read_as(what.replace("{compared}", "…"), conditions=False)
        return Program(purpose, text, outcome, ((query, sql),), lines(self._choices(), code), plain)

    def _read_as(self, what: str, conditions: bool) -> str:
        language = self.intent.language
        joined = [shown(table.sql) for table, _ in self.source.joins]
        key = "joined" if joined else "of_table"
        what = say(language, key, what=what, table=shown(self.source.base.sql), others=listed(language, joined))
        if conditions and self.intent.conditions:
            what = say(language, "where", what=what)
        return say(language, "read_as", what=what)

    def _unit(self) -> str:
        unit = self.intent.unit
        names = {"base": shown(self.source.base.sql), "named": shown(unit.sql)} if unit else {}
        return say(self.intent.language, "unit", **names) if unit else ""

    @property
    def compared(self) -> str:
        """What the share is taken of, in SQL."""
        return self.intent.compared.sql(self.name(self.intent.compared.column)) if self.intent.compared else ""

    def _choices(self) -> str:
        """Python that records what was chosen of the rows, so that the answer can cite it, figures and all."""
        conditions = " AND ".join(c.sql(self.name(c.column)) for c in self.intent.conditions)[:200]
        compared = self.compared[:200]
        return lines(
            f'setting("conditions", {conditions!r}, "the rows that the question speaks of")' if conditions else "",
            f'setting("compared", {compared!r}, "what the share is taken of")' if compared else "",
        )


def remarks(intent: Intent) -> str:
    """What the reader must know of the reading: names that were nearly right, and words that played no part."""
    language = intent.language
    told = [say(language, "taken", asked=shown(asked), found=shown(found)) for asked, found in intent.renamed]
    if intent.left_out:
        number = say(language, "a_number")
        spoken = [number if any(map(str.isdigit, word)) else spoken_of(language, word) for word in intent.left_out]
        told.append(say(language, "left_out", words=listed(language, list(dict.fromkeys(spoken)))))
    return "\n\n".join(told)
