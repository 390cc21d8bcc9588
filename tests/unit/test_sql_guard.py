"""The guard admits what only reads and what Redshift would take; of the rest it says what to write instead."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaiseki.models import Catalog, Column, Failure, Table
from kaiseki.warehouses.sql.functions import FUNCTIONS
from kaiseki.warehouses.sql.guard import MAX_LENGTH, Statement, check
from kaiseki.warehouses.sql.words import INSTEAD


def table(name: str, columns: str, schema: str = "") -> Table:
    pairs = (c.strip().split(" ", 1) for c in columns.split(","))
    return Table(
        name=name, schema_name=schema, columns=tuple(Column(name=n, type=t.replace(";", ",")) for n, t in pairs)
    )


CATALOG = Catalog(
    tables=(
        table("users", "userid BIGINT,age INTEGER,gender VARCHAR,joined DATE,email VARCHAR"),
        table(
            "interactions",
            "userid BIGINT,timestamp TIMESTAMP,itemid VARCHAR,interactiontype VARCHAR,feature1 DOUBLE PRECISION,"
            "purchase INTEGER",
        ),
        table("orders", "id INTEGER,customer_id INTEGER,ordered_at TIMESTAMP,status VARCHAR,amount NUMERIC(8;2)"),
        table("customers", "id INTEGER,name VARCHAR,country VARCHAR"),
        Table(name="contacts", columns=(Column(name="user name", type="VARCHAR"),)),
        table("archive", "id INTEGER,total NUMERIC(12;2)", schema="finance"),
    )
)


def refusal(sql: str) -> Failure:
    result = check("q", sql, CATALOG)
    assert isinstance(result, Failure), f"admitted: {sql}"
    return result


def admitted(sql: str) -> Statement:
    result = check("q", sql, CATALOG)
    assert isinstance(result, Statement), result
    return result


@pytest.mark.parametrize(
    "sql", ["", "   ", "-- nothing", ";", "DROP TABLE users", "SELECT age FROM users; SELECT 1 AS a"]
)
def test_what_is_not_one_query_is_refused_in_one_line(sql: str) -> None:
    failure = refusal(sql)
    assert (failure.kind, failure.subject) == ("query", "q")
    assert failure.type in ("NotAllowed", "SyntaxError")
    assert 0 < len(failure.message) < 250
    assert "\n" not in failure.message


NEAREST = {
    "SELECT age FROM user_s": ("UnknownTable", "users"),
    "SELECT age FROM interaction": ("UnknownTable", "interactions"),
    "SELECT id FROM archive": ("UnknownTable", "finance.archive"),
    "SELECT agee FROM users": ("UnknownColumn", "age"),
    "SELECT u.gendr FROM users AS u": ("UnknownColumn", "gender"),
    "SELECT x.age FROM users AS u": ("UnknownTable", "u"),
    "SELECT completely_else FROM users": ("UnknownColumn", "userid, age, gender"),
    "SELECT 1 AS a FROM users JOIN interactions USING (usrid)": ("UnknownColumn", "userid"),
}


@pytest.mark.parametrize("sql", list(NEAREST))
def test_an_unknown_name_is_answered_with_the_nearest_there_is(sql: str) -> None:
    type_, near = NEAREST[sql]
    failure = refusal(sql)
    assert failure.type == type_
    assert near in failure.hint


def test_a_failure_names_the_line_of_the_sql_as_written() -> None:
    failure = refusal("SELECT gender,\n       COUNT(*) AS n\nFROM users\nWHERE agee > 3\nGROUP BY 1")
    assert (failure.type, failure.line) == ("UnknownColumn", 4)
    failure = refusal("SELECT gender\nFROM users\nWHERE\n")
    assert (failure.type, failure.line) == ("SyntaxError", 3)
    failure = refusal("SELECT gender,\n  STRFTIME(joined, '%Y') AS y\nFROM users")
    assert failure.line == 2


def test_the_same_fault_on_another_line_has_the_same_fingerprint() -> None:
    assert refusal("SELECT agee FROM users").fingerprint == refusal("SELECT\n\nagee\nFROM users").fingerprint


def test_the_types_of_the_result_are_those_of_redshift() -> None:
    statement = admitted(
        "SELECT COUNT(*) AS a, SUM(age) AS b, SUM(userid) AS c, AVG(age) AS d, SUM(amount) AS e, AVG(amount) AS f, "
        "amount / 3 AS g, DATE_TRUNC('month', joined) AS h, joined + 1 AS i, age / 2 AS j, age / 2.0 AS k, "
        "COALESCE(age, 1.5) AS l, gender || 'x' AS m, age > 3 AS n, ordered_at AT TIME ZONE 'UTC' AS o "
        "FROM users, orders GROUP BY joined, age, amount, gender, ordered_at"
    )
    assert {name: str(type_) for name, type_ in statement.columns} == {
        "a": "BIGINT",
        "b": "BIGINT",
        "c": "NUMERIC(38,0)",
        "d": "BIGINT",
        "e": "NUMERIC(38,2)",
        "f": "NUMERIC(38,2)",
        "g": "NUMERIC(19,13)",
        "h": "TIMESTAMP",
        "i": "DATE",
        "j": "INTEGER",
        "k": "NUMERIC(15,4)",
        "l": "NUMERIC(11,1)",
        "m": "VARCHAR",
        "n": "BOOLEAN",
        "o": "TIMESTAMPTZ",
    }


def test_a_statement_knows_the_tables_it_reads() -> None:
    statement = admitted("WITH users AS (SELECT id FROM orders) SELECT id FROM users JOIN finance.archive USING (id)")
    assert [t.qualified for t in statement.tables] == ["orders", "finance.archive"]


def test_what_is_allowed_but_doubtful_is_warned_of() -> None:
    assert any("RANDOM" in w for w in admitted("SELECT RANDOM() AS r FROM users").warnings)
    assert any("LIMIT" in w for w in admitted("SELECT age FROM users LIMIT 5").warnings)
    assert any("ORDER BY" in w for w in admitted("SELECT ROW_NUMBER() OVER () AS n FROM users").warnings)
    assert admitted("SELECT age FROM users ORDER BY age LIMIT 5").warnings == ()


def test_no_advice_names_a_function_that_is_not_allowed() -> None:
    called = {
        w.split("(")[0].lower() for advice in INSTEAD.values() for w in advice.split() if "(" in w and w[0].isupper()
    }
    assert called - set(FUNCTIONS) - {"extract", "current_date", "over"} == set()
    assert not set(INSTEAD) & set(FUNCTIONS)


def test_very_long_and_very_deep_statements_are_refused_without_a_crash() -> None:
    assert "longer" in refusal("SELECT 1 AS a" + " " * MAX_LENGTH).message
    assert refusal("SELECT " + "(" * 20_000 + "1" + ")" * 20_000 + " AS a").type == "SyntaxError"
    assert refusal("SELECT " + "NOT " * 20_000 + "true AS a").type == "SyntaxError"


_WORDS = "SELECT age FROM users WHERE 1 = ; DROP TABLE -- /* */ ' '' \" ( ) , * UNION INTO x DELETE AS WITH $$ \\ \\'"
_PIECES = st.sampled_from([*_WORDS.split(" "), "\n"])


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=25).map(" ".join) | st.text(max_size=60))
def test_whatever_is_thrown_at_it_the_guard_admits_or_refuses(sql: str) -> None:
    result = check("q", sql, CATALOG)
    if isinstance(result, Statement):
        assert [t.name for t in result.tables] in ([], ["users"])
