"""The guard admits what only reads and what Redshift would take; of the rest it says what to write instead."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaiseki.models import Catalog, Column, Failure, Table
from kaiseki.warehouses.redshift_functions import FUNCTIONS
from kaiseki.warehouses.redshift_words import INSTEAD
from kaiseki.warehouses.sql_guard import MAX_LENGTH, Statement, check


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


ORDINARY = (
    "SELECT * FROM users",
    "select age from users;",
    "SELECT DISTINCT gender FROM users",
    "SELECT COUNT(*) AS n FROM users -- all of them",
    "/* who? */ SELECT COUNT(*) AS n FROM users /* done */",
    'SELECT "timestamp" FROM interactions',
    'SELECT i."timestamp" AS at FROM interactions AS i ORDER BY i."timestamp" DESC LIMIT 10',
    'SELECT "user name" FROM contacts',
    'SELECT COUNT(*) AS percent, MAX("timestamp") AS "order" FROM interactions',
    "SELECT USERS.AGE FROM USERS",
    "SELECT u.* FROM users u",
    "SELECT u.*, i.itemid FROM users u LEFT JOIN interactions i ON u.userid = i.userid",
    "SELECT gender, COUNT(*) AS n FROM users GROUP BY gender ORDER BY n DESC",
    "SELECT gender, COUNT(*) AS n FROM users GROUP BY 1 HAVING COUNT(*) > 10 ORDER BY 2 DESC LIMIT 5 OFFSET 2",
    "SELECT gender AS g, AVG(age::float) AS mean FROM users WHERE age IS NOT NULL GROUP BY g",
    "SELECT TOP 5 itemid, COUNT(*) AS n FROM interactions GROUP BY itemid ORDER BY n DESC",
    "SELECT interactiontype, SUM(purchase) * 1.0 / COUNT(*) AS rate FROM interactions GROUP BY interactiontype",
    "SELECT DATE_TRUNC('month', ordered_at) AS month, SUM(amount) AS revenue FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT TO_CHAR(ordered_at, 'YYYY-MM') AS month, COUNT(DISTINCT customer_id) AS buyers FROM orders GROUP BY month",
    "SELECT EXTRACT(hour FROM ordered_at) AS hour, COUNT(*) AS n FROM orders GROUP BY 1",
    "SELECT DATE_PART(dow, ordered_at) AS dow, DATE_PART('week', ordered_at) AS week FROM orders",
    "SELECT DATEDIFF(day, joined, GETDATE()) AS age_days FROM users",
    "SELECT id FROM orders WHERE ordered_at >= DATEADD(month, -3, CURRENT_DATE)",
    "SELECT id FROM orders WHERE ordered_at BETWEEN '2024-01-01' AND '2024-12-31'",
    "SELECT id FROM orders WHERE ordered_at > TIMESTAMP '2024-01-01 00:00:00' - INTERVAL '7 days'",
    "SELECT id FROM orders WHERE status IN ('paid', 'sent') AND NOT amount < 10.5 OR amount IS NULL",
    "SELECT name FROM customers WHERE name LIKE 'A%' AND name NOT ILIKE '%inc%' ESCAPE '^'",
    "SELECT email FROM users WHERE email ~ '^[a-z]+@' AND email SIMILAR TO '%@(a|b).com'",
    "SELECT email FROM users WHERE REGEXP_COUNT(email, '\\\\.') > 1",
    "SELECT CASE WHEN age < 20 THEN 'young' WHEN age < 60 THEN 'middle' ELSE 'old' END AS band, COUNT(*) AS n "
    "FROM users GROUP BY band",
    "SELECT CASE gender WHEN 'f' THEN 1 ELSE 0 END AS is_f FROM users",
    "SELECT COALESCE(age, 0) AS a, NVL(gender, '?') AS b, NULLIF(age, 0) AS c, NVL2(age, 1, 0) AS d FROM users",
    "SELECT DECODE(gender, 'f', 'female', 'm', 'male', 'other') AS g FROM users",
    "SELECT age::varchar, userid::numeric(12,2) AS u, CAST(age AS DOUBLE PRECISION) AS d FROM users",
    "SELECT 'a' || gender || age::varchar AS label FROM users",
    "SELECT ROUND(AVG(amount), 2) AS mean, STDDEV(amount) AS sd, VAR_POP(amount) AS v, MEDIAN(amount) AS m FROM orders",
    "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) AS p50, PERCENTILE_CONT(0.9) WITHIN GROUP "
    "(ORDER BY amount) AS p90 FROM orders",
    "SELECT customer_id, LISTAGG(status, ', ') WITHIN GROUP (ORDER BY ordered_at) AS path FROM orders GROUP "
    "BY customer_id",
    "SELECT APPROXIMATE COUNT(DISTINCT customer_id) AS buyers FROM orders",
    "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at) AS nth FROM orders",
    "SELECT id, RANK() OVER (ORDER BY amount DESC) AS place, NTILE(4) OVER (ORDER BY amount) AS quartile FROM orders",
    "SELECT id, LAG(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS previous FROM orders",
    "SELECT id, LAG(amount, 1) IGNORE NULLS OVER (ORDER BY ordered_at) AS previous FROM orders",
    "SELECT id, SUM(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at ROWS UNBOUNDED PRECEDING) AS "
    "total FROM orders",
    "SELECT id, AVG(amount) OVER (ORDER BY ordered_at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS rolling FROM orders",
    "SELECT id, amount / SUM(amount) OVER () AS share FROM orders",
    "SELECT status, RATIO_TO_REPORT(SUM(amount)) OVER () AS share FROM orders GROUP BY status",
    "SELECT id FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) = 1",
    "SELECT status, COUNT(*) AS n, 100.0 * COUNT(*) / SUM(COUNT(*)) OVER () AS pct FROM orders GROUP BY status",
    "WITH m AS (SELECT customer_id, SUM(amount) AS s FROM orders GROUP BY 1) SELECT AVG(s) AS mean FROM m",
    "WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b",
    "WITH a(x, y) AS (SELECT userid, age FROM users) SELECT x FROM a WHERE y > 3",
    "WITH RECURSIVE d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d WHERE n < 10) SELECT n FROM d",
    "SELECT c.country, SUM(o.amount) AS s FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country",
    "SELECT u.userid FROM users u JOIN interactions i USING (userid) WHERE i.purchase = 1",
    "SELECT userid, age, itemid FROM users NATURAL JOIN interactions",
    "SELECT COUNT(*) AS n FROM users u, interactions i WHERE u.userid = i.userid",
    "SELECT a.id FROM orders a LEFT JOIN orders b ON a.customer_id = b.customer_id AND b.ordered_at > "
    "a.ordered_at WHERE b.id IS NULL",
    "SELECT id FROM orders FULL OUTER JOIN users ON userid = customer_id",
    "SELECT 1 AS one FROM users CROSS JOIN orders",
    "SELECT userid FROM users WHERE userid IN (SELECT userid FROM interactions WHERE purchase = 1)",
    "SELECT userid FROM users u WHERE EXISTS (SELECT 1 FROM interactions i WHERE i.userid = u.userid)",
    "SELECT userid FROM users u WHERE NOT EXISTS (SELECT * FROM interactions i WHERE i.userid = u.userid)",
    "SELECT userid, (SELECT MAX(age) FROM users) AS oldest FROM users",
    "SELECT s.n FROM (SELECT gender, COUNT(*) AS n FROM users GROUP BY gender) AS s",
    "SELECT s.n FROM (SELECT COUNT(*) FROM users) AS s(n)",
    "SELECT userid FROM users UNION ALL SELECT userid FROM interactions ORDER BY userid LIMIT 5",
    "(SELECT userid FROM users) EXCEPT (SELECT userid FROM interactions)",
    "SELECT userid FROM users INTERSECT SELECT userid FROM interactions",
    "SELECT userid FROM users MINUS SELECT userid FROM interactions",
    "SELECT gender, status, COUNT(*) AS n FROM users, orders GROUP BY GROUPING SETS ((gender), (status), ())",
    "SELECT gender, COUNT(*) AS n FROM users GROUP BY CUBE (gender)",
    "SELECT * FROM (SELECT status, amount FROM orders) PIVOT (SUM(amount) FOR status IN ('paid', 'sent' AS sent))",
    "SELECT id FROM finance.archive",
    "SELECT archive.total FROM finance.archive WHERE archive.total > 0",
    "SELECT age FROM public.users",
    "SELECT (age + 1) * 2 AS x, x / 3.0 AS y, -age AS z, age % 10 AS w, age ^ 2 AS p FROM users",
    "SELECT ABS(feature1) AS a, LN(feature1) AS b, SQRT(feature1) AS c, FLOOR(feature1) AS d, POWER(feature1, "
    "2) AS e FROM interactions",
    "SELECT TRIM(name) AS a, UPPER(name) AS b, SUBSTRING(name, 1, 3) AS c, LEN(name) AS d, SPLIT_PART(name, ' "
    "', 1) AS e FROM customers",
    "SELECT TRIM(BOTH ' ' FROM name) AS a, SUBSTRING(name FROM 1 FOR 2) AS b, POSITION('a' IN name) AS c FROM "
    "customers",
    "SELECT CONVERT_TIMEZONE('Asia/Tokyo', ordered_at) AS jst, ordered_at AT TIME ZONE 'UTC' AS utc FROM orders",
    "SELECT TRUE AS yes, NULL AS nothing, 1e3 AS thousand, 'it''s' AS quoted, '日本語' AS japanese",
    "SELECT BOOL_OR(amount > 5) AS a, MIN(status) AS b, ANY_VALUE(status) AS c FROM orders",
    "SELECT id FROM orders WHERE (customer_id, status) IN (SELECT id, country FROM customers)",
    "SELECT id FROM orders WHERE amount > ALL (SELECT total FROM finance.archive)",
    "SELECT id FROM orders ORDER BY amount DESC NULLS LAST, id LIMIT ALL",
    "SELECT '100%' AS a, 'a -- no comment' AS b, 'a; b' AS c, '/* x */' AS d",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT v.n FROM (VALUES (1), (2)) AS v(n)",
)


@pytest.mark.parametrize("sql", ORDINARY)
def test_an_ordinary_analytic_query_is_admitted(sql: str) -> None:
    admitted(sql)


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
