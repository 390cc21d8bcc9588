"""What a company knows of its own data: business terms, and questions with SQL that somebody has verified."""

from pydantic import Field

from kaiseki.models import Value


class Term(Value):
    """A word of the business; `tables` and `columns` are where it lives, `filter` is the SQL condition for it."""

    name: str = Field(min_length=1, max_length=120)
    synonyms: tuple[str, ...] = Field(default=(), max_length=20)
    means: str = Field(min_length=1, max_length=1_000)
    tables: tuple[str, ...] = Field(default=(), max_length=20)  # "table" or "schema.table"
    columns: tuple[str, ...] = Field(default=(), max_length=40)  # the same with ".column"
    filter: str = Field(default="", max_length=1_000)
    source: str = ""  # "sales.yaml, line 3"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.synonyms)


class VerifiedQuestion(Value):
    """A question whose SQL, one SELECT, somebody has checked."""

    question: str = Field(min_length=1, max_length=1_000)
    sql: str = Field(min_length=1, max_length=20_000)
    source: str = ""


class Knowledge(Value):
    terms: tuple[Term, ...] = ()
    questions: tuple[VerifiedQuestion, ...] = ()


NOTHING_KNOWN = Knowledge()
