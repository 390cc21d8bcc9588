"""Redshift SQL on DuckDB gives what Redshift documents. Each row: the SQL, and the rows by Redshift's rules.

Most expectations are worked examples of the Redshift Developer Guide's function pages or follow from its rules on
numeric computations; the rest can be checked by eye. JSON values: NUMERIC is text, dates and times are ISO 8601.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kaiseki.models import Query
from kaiseki.warehouses.duckdb import DuckDBWarehouse
from kaiseki.warehouses.parquet_results import rows_as_json
from kaiseki.warehouses.sql_guard import admit

NOW = datetime(2026, 11, 21, 10, 30, 15, 123456)

TABLES = """
CREATE TABLE sales (id INTEGER, seller INTEGER, qty INTEGER, price DECIMAL(8,2), fee DECIMAL(8,2), weight DOUBLE,
                    sold TIMESTAMP, day DATE, note VARCHAR, paid BOOLEAN, big BIGINT);
INSERT INTO sales VALUES
  (1, 1, 10, 100.00, 15.00, 1.5,  '2024-01-31 10:00:00',        '2024-01-31', 'red fox',   true,  5000000000),
  (2, 1, 30, 250.50, 37.58, 2.5,  '2024-02-29 23:59:59',        '2024-02-29', 'Red Fox',   false, 1),
  (3, 2, 20,  10.00,  1.50, NULL, '2024-03-03 00:00:00',        '2024-03-03', NULL,        true,  2),
  (4, 2, 15,  10.00,  1.50, 4.0,  '2024-03-04 12:30:45.678901', '2024-03-04', 'blue_whale', NULL, 3),
  (5, 3, NULL, 1.00,  0.15, 0.5,  '2024-12-30 08:00:00',        '2024-12-30', '東京タワー', true,  NULL);
CREATE TABLE docs (id INTEGER, body VARCHAR);
INSERT INTO docs VALUES (1, '{"a":{"b":"x"},"n":5,"l":[11,12,13]}'), (2, '{"a":{}}'), (3, 'broken');
CREATE TABLE monthly (region VARCHAR, month VARCHAR, amount INTEGER);
INSERT INTO monthly VALUES ('east','jan',10), ('east','feb',20), ('west','jan',5), ('west','feb',NULL),
                           ('east','jan',1);
"""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    file = tmp_path_factory.mktemp("dialect") / "shop.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(TABLES)
    opened = DuckDBWarehouse.open(file, now=NOW)
    yield opened
    opened.close()


def run(warehouse: DuckDBWarehouse, sql: str, folder: Path) -> tuple[Query, list[list[Any]]]:
    into = folder / "result.parquet"
    query = warehouse.run("q", sql, into, 1000)
    return query, rows_as_json(into)[1] if query.failure is None else []


# One value: SELECT <expression> AS v
VALUES: dict[str, Any] = {
    # ── integers and NUMERIC ──────────────────────────────────────────────────────────────────────────────────────
    "7 / 2": 3,
    "-7 / 2": -3,
    "7 % 3": 1,
    "-7 % 3": -1,
    "7.0 / 2": "3.500000000000",
    "7 / 2.0": "3.5000",
    "7::float / 2": 3.5,
    "1.0 / 3": "0.333333333333",
    "100.00::decimal(8,2) / 15.00::decimal(8,2)": "6.666666667",
    "round(1::decimal(19,0) / 3::decimal(19,0), 15)": "0.333333333333333",
    "2 * 3.5": "7.0",
    "10 / 4 * 4.0": "8.0",
    "mod(10.5, 4)": "2.5",
    "mod(10, 4)": 2,
    "11 % 4": 3,
    "5::decimal": 5,
    "1.75::decimal": 2,
    "109.652::decimal(4,1)": "109.7",
    "2 ^ 10": 1024.0,
    "sqrt(16)": 4.0,
    "sqrt(20 / pi())": pytest.approx(2.523132522, rel=1e-8),
    "log(100)": 2.0,
    "ln(exp(1))": 1.0,
    "power(2, 3)": 8.0,
    "round(28.05, 1)": "28.1",
    "round(28.05, -1)": 30,
    "round(28.05)": 28,
    "round(-2.5)": -3,
    "trunc(111.15)": 111,
    "trunc(111.15, 1)": "111.1",
    "trunc(111.15, -1)": 110,
    "ceiling(28.05)": 29,
    "floor(-1.5)": -2,
    "abs(-3)": 3,
    "sign(-28.05)": -1.0,
    "greatest(1, null, 3)": 3,
    "least(2, 1, null)": 1,
    "cast(2.5 as int)": 3,
    "'42'::int + 1": 43,
    "try_cast('4x' as int)": None,
    "try_cast('12.7' as int)": None,
    # ── strings ───────────────────────────────────────────────────────────────────────────────────────────────────
    "concat('a', null)": None,
    "concat('December 25, ', '2008')": "December 25, 2008",
    "'a' || null": None,
    "'n = ' || 5": "n = 5",
    "len('français')": 8,
    "octet_length('français')": 9,
    "len('cat   ')": 6,
    "substring('caterpillar', 6, 4)": "pill",
    "substring('caterpillar', 6, 8)": "pillar",
    "substring('caterpillar', -2, 6)": "cat",
    "substring('caterpillar', -5, 4)": "",
    "substring('caterpillar' from 6 for 4)": "pill",
    "substr('caterpillar', 7)": "illar",
    "left('Chicago', 5)": "Chica",
    "right('Chicago', 5)": "icago",
    "lpad('cat', 5)": "  cat",
    "rpad('Salome', 8, '01')": "Salome01",
    "lpad('caterpillar', 3)": "cat",
    "btrim('xyzaxyzbxyzcxyz', 'xyz')": "axyzbxyzc",
    "trim('  abc ')": "abc",
    "trim(both '\"' from '\"dog\"')": "dog",
    "strpos('dogfish', 'fish')": 4,
    "strpos('dogfish', 'fist')": 0,
    "charindex('fish', 'dogfish')": 4,
    "position('fish' in 'dogfish')": 4,
    "split_part('abc$def$ghi', '$', 2)": "def",
    "split_part('abc$def$ghi', '$', 4)": "",
    "translate('mint tea', 'inea', 'osin')": "most tin",
    "replace('Shows and Shows', 'Shows', 'Theatre')": "Theatre and Theatre",
    "initcap('MLB all non-musical theatre')": "Mlb All Non-Musical Theatre",
    "reverse('frog')": "gorf",
    "repeat('ab', 3)": "ababab",
    "upper('abc') || lower('DEF')": "ABCdef",
    "md5('Amazon Redshift')": "f7415e33f972c03abd4f3fed36748f7a",
    "cast(2008 as char(4))": "2008",
    "'caterpillar'::varchar(3)": "cat",
    "'東京タワー'::varchar(7)": "東京",
    "cast(12.50 as varchar)": "12.50",
    "cast(1.0::float as varchar)": "1",
    "cast(1.5::float as varchar)": "1.5",
    "chr(65)": "A",
    "ascii('a')": 97,
    # ── patterns ──────────────────────────────────────────────────────────────────────────────────────────────────
    "regexp_replace('the fox', 'FOX', 'quick brown fox', 1, 'i')": "the quick brown fox",
    "regexp_replace('a1b22c333', '[0-9]+', '#')": "a#b#c#",
    "regexp_replace('a1b22', '[0-9]')": "ab",
    "regexp_replace('John Smith', '([A-Z][a-z]+) ([A-Z][a-z]+)', '$2 $1')": "Smith John",
    "regexp_substr('the fox', 'FOX', 1, 1, 'i')": "fox",
    "regexp_substr('sed@lacusUtnec.ca', '@[^.]*')": "@lacusUtnec",
    "regexp_substr('abc', 'x')": "",
    "regexp_substr('a1 b2 c3', '[a-z][0-9]', 1, 2)": "b2",
    "regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')": 8,
    "regexp_count('the fox', 'FOX', 1, 'i')": 1,
    "regexp_instr('The home page', 'home')": 5,
    "'abc' similar to '%(b|d)%'": True,
    "'abc' similar to '(b|c)%'": False,
    "'a.c' similar to 'a.c'": True,
    "'abc' similar to 'a.c'": False,
    "'abc' similar to '_b_'": True,
    "'start_time' like 'start\\\\_%'": True,
    "'startXtime' like 'start\\\\_%'": False,
    "'start_time' like 'start^_%' escape '^'": True,
    "'Eau Claire' ilike 'eau%'": True,
    "'St. James' ~ '.*\\\\..*'": True,
    "'abc' not like 'a%'": False,
    # ── conditions ────────────────────────────────────────────────────────────────────────────────────────────────
    "nvl(null, 12, null)": 12,
    "coalesce(null, 'Amazon Redshift', null)": "Amazon Redshift",
    "nvl2(null, 'set', 'unset')": "unset",
    "nullif(5, 5)": None,
    "decode(null, null, 1, 2)": 1,
    "decode('NFL', 'NHL', 'hockey', 'NFL', 'football', 'other')": "football",
    "decode(3, 1, 'a', 2, 'b')": None,
    "case when 1 > 2 then 1 else 2.5 end": "2.5",
    "(1 in (1, null)) is true": True,
    # ── dates and times ───────────────────────────────────────────────────────────────────────────────────────────
    "getdate()": "2026-11-21T10:30:15",
    "sysdate": "2026-11-21T10:30:15.123456",
    "current_date": "2026-11-21",
    "trunc(sysdate)": "2026-11-21",
    "add_months('2008-03-31', 1)": "2008-04-30T00:00:00",
    "add_months('2008-04-30', 1)": "2008-05-31T00:00:00",
    "add_months('2024-01-31', 1)": "2024-02-29T00:00:00",
    "add_months('2008-01-15', -1)": "2007-12-15T00:00:00",
    "dateadd(month, 18, '2008-02-28')": "2009-08-28T00:00:00",
    "dateadd(month, 1, '2024-01-31')": "2024-02-29T00:00:00",
    "dateadd(m, 30, '2008-02-28')": "2008-02-28T00:30:00",
    "dateadd(qtr, 1, '2024-01-01')": "2024-04-01T00:00:00",
    "dateadd(week, -1, date '2024-01-08')": "2024-01-01T00:00:00",
    "dateadd(hour, 8, time '13:24:55')": "21:24:55",
    "datediff(week, '2009-01-01', '2009-12-31')": 52,
    "datediff(week, '2021-01-03', '2021-01-04')": 1,
    "datediff(hour, '2023-01-01', '2023-01-03 05:04:03')": 53,
    "datediff(day, '2009-01-01', '2009-03-23')": 81,
    "datediff(qtr, '1998-07-01', date '2008-06-05')": 39,
    "datediff(year, '2023-12-31', '2024-01-01')": 1,
    "datediff(month, '2024-01-31', '2024-02-01')": 1,
    "date_trunc('week', timestamp '20220430 04:05:06.789')": "2022-04-25T00:00:00",
    "date_trunc('quarter', timestamp '20200430 04:05:06.789')": "2020-04-01T00:00:00",
    "date_trunc('month', date '2024-02-29')": "2024-02-01T00:00:00",
    "date_part(minute, timestamp '20230104 04:05:06.789')": 5.0,
    "date_part(week, timestamp '20220502 04:05:06.789')": 18.0,
    "date_part(dayofweek, timestamp '20220502 04:05:06.789')": 1.0,
    "date_part(sec, timestamp '2009-09-21 11:10:03.189717')": 3.189717,
    "extract(sec from timestamp '2009-09-21 11:10:03.189717')": 3,
    "extract(ms from timestamp '2009-09-09 12:08:43.101')": 101,
    "extract(minute from timestamp '2009-09-09 12:08:43')": 8,
    "extract(epoch from timestamp '1970-01-02 00:00:00')": 86400,
    "extract(century from timestamp '2000-12-16 12:21:13')": 20,
    "extract(decade from timestamp '1999-02-16 20:38:40')": 200,
    "extract(decade from timestamp '2010-02-16 20:38:40')": 202,
    "extract(dow from date '2024-03-03')": 0,
    "extract(doy from date '2024-12-31')": 366,
    "last_day('2024-02-10')": "2024-02-29",
    "next_day('2014-08-20', 'Tuesday')": "2014-08-26",
    "next_day('2014-08-26', 'tue')": "2014-09-02",
    "months_between('1969-01-18', '1969-03-18')": -2.0,
    "months_between('2014-09-30', '2014-08-31')": 1.0,
    "round(months_between('2008-12-25 15:00:00', '2008-01-21 19:30:00'), 2)": 11.12,
    "date '2024-03-01' - 1": "2024-02-29",
    "date '2024-03-01' - date '2024-02-01'": 29,
    "date '2024-01-31' + interval '1 month'": "2024-02-29T00:00:00",
    "convert_timezone('America/New_York', timestamp '2013-02-01 08:00:00')": "2013-02-01T03:00:00",
    "convert_timezone('UTC', 'Asia/Tokyo', timestamp '2024-01-01 20:00:00')": "2024-01-02T05:00:00",
    "timestamp '2001-02-16 20:38:40' at time zone 'EST5EDT'": "2001-02-17T01:38:40+00:00",
    "to_date('02 Oct 2001', 'DD Mon YYYY')": "2001-10-02",
    "to_date('20240229', 'YYYYMMDD')": "2024-02-29",
    "to_timestamp('2011-12-18 23:38:15', 'YYYY-MM-DD HH24:MI:SS')": "2011-12-18T23:38:15+00:00",
    "to_char(timestamp '2009-12-31 23:15:59', 'MONTH-DY-DD-YYYY HH12:MIPM')": "DECEMBER -THU-31-2009 11:15PM",
    "to_char(timestamp '2009-12-31 23:15:59', 'DDD')": "365",
    "to_char(timestamp '2022-05-16 23:15:59', 'ID')": "1",
    "to_char(date '2009-12-31', 'MONTH')": "DECEMBER ",
    "to_char(date '2024-03-05', 'FMMonth FMDD')": "March 5",
    "to_char(date '2024-03-05', 'YYYY-MM')": "2024-03",
    "to_char(date '2024-08-15', 'YYYY\"年\"MM\"月\" Q')": "2024年08月 3",
    "to_char(date '2024-03-03', 'D Dy WW W IW')": "1 Sun 09 1 09",
    "to_char(timestamp '2024-03-05 07:08:09', 'YYYY-MM-DD\"T\"HH24:MI:SS')": "2024-03-05T07:08:09",
    # ── JSON in text ──────────────────────────────────────────────────────────────────────────────────────────────
    'json_extract_path_text(\'{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}\', \'f4\', \'f6\')': "star",
    "json_extract_path_text('{\"f4\":1', 'f4', true)": None,
    "json_extract_array_element_text('[111,112,113]', 2)": "113",
    'json_array_length(\'[11,12,13,{"f1":21,"f2":[25,26]},14]\')': 5,
    "json_array_length('[11,12', true)": None,
    'is_valid_json(\'{"a": [1,2,"b"]}\')': True,
    "is_valid_json('[1,2,3]')": False,
    "is_valid_json('{{}}')": False,
    'is_valid_json_array(\'["a",["b",1,["c",2,3,null]]]\')': True,
    "is_valid_json_array('{\"a\":1}')": False,
}


@pytest.mark.parametrize(("expression", "expected"), VALUES.items(), ids=list(VALUES))
def test_an_expression_has_the_value_that_redshift_documents(
    warehouse: DuckDBWarehouse, expression: str, expected: Any, tmp_path: Path
) -> None:
    query, rows = run(warehouse, f"SELECT {expression} AS v", tmp_path)
    assert query.failure is None, query.failure
    assert rows == [[expected]]


# Whole statements over the tables above.
STATEMENTS: dict[str, tuple[str, list[list[Any]]]] = {
    "AVG of integers drops the fraction": ("SELECT AVG(qty) AS v FROM sales", [[18]]),
    "AVG(DISTINCT) of integers too": ("SELECT AVG(DISTINCT qty) AS v FROM sales WHERE qty < 30", [[15]]),
    "AVG of floats keeps it": ("SELECT AVG(qty::float) AS v FROM sales", [[18.75]]),
    "AVG of NUMERIC keeps the scale of its argument": ("SELECT AVG(price) AS v FROM sales", [["74.30"]]),
    "AVG over a window drops the fraction": (
        "SELECT id, AVG(qty) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS v FROM sales WHERE id < 5 ORDER BY id",
        [[1, 10], [2, 20], [3, 20], [4, 18]],
    ),
    "AVG of nothing is null": ("SELECT AVG(qty) AS v FROM sales WHERE id > 99", [[None]]),
    "a sum of INTEGER is BIGINT and divides as one": ("SELECT SUM(qty) / COUNT(*) AS v FROM sales", [[15]]),
    "a sum of BIGINT is NUMERIC(38,0) and divides with 4 decimals": (
        "SELECT SUM(big) / COUNT(*) AS v FROM sales WHERE id > 1",
        [["1.5000"]],
    ),
    "a sum of NUMERIC is exact": ("SELECT SUM(price) AS v FROM sales", [["371.50"]]),
    "percentages by 100.0": (
        "SELECT seller, 100.0 * COUNT(*) / SUM(COUNT(*)) OVER () AS v FROM sales GROUP BY seller ORDER BY seller",
        [[1, "40.000000000000000"], [2, "40.000000000000000"], [3, "20.000000000000000"]],
    ),
    "counting": (
        "SELECT COUNT(*) AS a, COUNT(qty) AS b, COUNT(DISTINCT price) AS c, APPROXIMATE COUNT(DISTINCT "
        "seller) AS d FROM sales",
        [[5, 4, 4, 3]],
    ),
    "sorting up puts nulls last": ("SELECT qty FROM sales ORDER BY qty", [[10], [15], [20], [30], [None]]),
    "sorting down puts nulls first": ("SELECT qty FROM sales ORDER BY qty DESC", [[None], [30], [20], [15], [10]]),
    "MEDIAN": ("SELECT MEDIAN(qty) AS v FROM sales", [[17.5]]),
    "PERCENTILE_CONT interpolates": (
        "SELECT PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY price) AS v FROM sales",
        [[10.0]],
    ),
    "PERCENTILE_CONT downwards": (
        "SELECT PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY price DESC) AS v FROM sales",
        [[100.0]],
    ),
    "PERCENTILE_CONT over a window": (
        "SELECT DISTINCT seller, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY qty) OVER (PARTITION BY seller) AS v "
        "FROM sales WHERE seller < 3 ORDER BY seller",
        [[1, 20.0], [2, 17.5]],
    ),
    "STDDEV is of the sample": ("SELECT STDDEV(qty) AS v FROM sales WHERE seller = 1", [[pytest.approx(14.1421356)]]),
    "LISTAGG in order": (
        "SELECT LISTAGG(seller, ', ') WITHIN GROUP (ORDER BY id DESC) AS v FROM sales",
        [["3, 2, 2, 1, 1"]],
    ),
    "LISTAGG(DISTINCT)": (
        "SELECT LISTAGG(DISTINCT region, '|') WITHIN GROUP (ORDER BY region) AS v FROM monthly",
        [["east|west"]],
    ),
    "LISTAGG without a delimiter": (
        "SELECT LISTAGG(seller) WITHIN GROUP (ORDER BY id) AS v FROM sales",
        [["11223"]],
    ),
    "LISTAGG over a window": (
        "SELECT id, LISTAGG(id, '+') WITHIN GROUP (ORDER BY id) OVER (PARTITION BY seller) AS v FROM sales ORDER BY id",
        [[1, "1+2"], [2, "1+2"], [3, "3+4"], [4, "3+4"], [5, "5"]],
    ),
    "RATIO_TO_REPORT": (
        "SELECT id, RATIO_TO_REPORT(qty) OVER (PARTITION BY seller) AS v FROM sales WHERE seller = 1 ORDER BY id",
        [[1, 0.25], [2, 0.75]],
    ),
    "LAG and LEAD": (
        "SELECT id, LAG(qty) OVER (ORDER BY id) AS a, LEAD(qty, 2) OVER (ORDER BY id) AS b FROM sales ORDER BY id",
        [[1, None, 20], [2, 10, 15], [3, 30, None], [4, 20, None], [5, 15, None]],
    ),
    "LAST_VALUE ignoring nulls": (
        "SELECT id, LAST_VALUE(qty) IGNORE NULLS OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS v FROM sales "
        "ORDER BY id",
        [[1, 10], [2, 30], [3, 20], [4, 15], [5, 15]],
    ),
    "ranks": (
        "SELECT id, RANK() OVER (ORDER BY price) AS a, DENSE_RANK() OVER (ORDER BY price) AS b, NTILE(2) "
        "OVER (ORDER BY id) AS c "
        "FROM sales ORDER BY id",
        [[1, 4, 3, 1], [2, 5, 4, 1], [3, 2, 2, 1], [4, 2, 2, 2], [5, 1, 1, 2]],
    ),
    "QUALIFY": (
        "SELECT seller, id FROM sales QUALIFY ROW_NUMBER() OVER (PARTITION BY seller ORDER BY id DESC) = 1 ORDER BY 1",
        [[1, 2], [2, 4], [3, 5]],
    ),
    "TOP": ("SELECT TOP 2 id FROM sales ORDER BY price DESC", [[2], [1]]),
    "an alias used further right in the list": ("SELECT qty * 2 AS a, a + 1 AS b FROM sales WHERE id = 1", [[20, 21]]),
    "an unaliased cast keeps its column's name": (
        "SELECT qty FROM (SELECT id, qty::float FROM sales) AS s WHERE id = 1",
        [[10.0]],
    ),
    "grouping by a month": (
        "SELECT DATE_TRUNC('month', sold) AS m, SUM(price) AS v FROM sales GROUP BY 1 ORDER BY 1 LIMIT 2",
        [["2024-01-01T00:00:00", "100.00"], ["2024-02-01T00:00:00", "250.50"]],
    ),
    "TO_CHAR of a column": (
        "SELECT TO_CHAR(sold, 'YYYY-MM') AS m, COUNT(*) AS n FROM sales GROUP BY m ORDER BY m",
        [["2024-01", 1], ["2024-02", 1], ["2024-03", 2], ["2024-12", 1]],
    ),
    "TRUNC of a timestamp is its date": (
        "SELECT TRUNC(sold) AS d FROM sales WHERE id = 4",
        [["2024-03-04"]],
    ),
    "a day compared with a text": ("SELECT id FROM sales WHERE day >= '2024-03-04' ORDER BY id", [[4], [5]]),
    "the last 700 days": (
        "SELECT COUNT(*) AS n FROM sales WHERE sold > DATEADD(day, -700, GETDATE())",
        [[1]],
    ),
    "LIKE on a timestamp": ("SELECT id FROM sales WHERE sold LIKE '2024-03%' ORDER BY id", [[3], [4]]),
    "ILIKE on a column with nulls": ("SELECT id FROM sales WHERE note ILIKE 'red%' ORDER BY id", [[1], [2]]),
    "a Japanese text": ("SELECT LEN(note) AS a, LEFT(note, 2) AS b FROM sales WHERE id = 5", [[5, "東京"]]),
    "JSON in a column": (
        "SELECT id, JSON_EXTRACT_PATH_TEXT(body, 'a', 'b', true) AS v FROM docs ORDER BY id",
        [[1, "x"], [2, None], [3, None]],
    ),
    "which texts are JSON": (
        "SELECT id, IS_VALID_JSON(body) AS v FROM docs ORDER BY id",
        [[1, True], [2, True], [3, False]],
    ),
    "PIVOT": (
        "SELECT * FROM (SELECT region, month, amount FROM monthly) "
        "PIVOT (SUM(amount) FOR month IN ('jan', 'feb' AS february)) AS p ORDER BY region",
        [["east", 11, 20], ["west", 5, None]],
    ),
    "PIVOT with a named aggregate": (
        "SELECT region, jan_n FROM (SELECT region, month FROM monthly) "
        "PIVOT (COUNT(*) AS n FOR month IN ('jan')) ORDER BY region",
        [["east", 2], ["west", 1]],
    ),
    "MINUS": ("SELECT seller FROM sales MINUS SELECT 1", [[2], [3]]),
    "UNION removes duplicates": ("SELECT seller FROM sales UNION SELECT 9 ORDER BY 1", [[1], [2], [3], [9]]),
    "a recursive query": (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) AS v FROM n",
        [[10]],
    ),
    "a correlated subquery": (
        "SELECT id FROM sales AS s WHERE price = (SELECT MAX(price) FROM sales AS t WHERE t.seller = "
        "s.seller) ORDER BY id",
        [[2], [3], [4], [5]],
    ),
    "EXISTS": (
        "SELECT DISTINCT region FROM monthly AS m WHERE EXISTS (SELECT 1 FROM sales WHERE qty = m.amount) ORDER BY 1",
        [["east"]],
    ),
    "NOT IN with a null matches nothing": (
        "SELECT id FROM sales WHERE qty NOT IN (SELECT amount FROM monthly)",
        [],
    ),
    "ROLLUP": (
        "SELECT region, SUM(amount) AS v FROM monthly GROUP BY ROLLUP (region) ORDER BY region",
        [["east", 31], ["west", 5], [None, 36]],
    ),
    "BOOL_OR and BOOL_AND": ("SELECT BOOL_OR(paid) AS a, BOOL_AND(paid) AS b FROM sales", [[True, False]]),
    "a case sum": ("SELECT SUM(CASE WHEN paid THEN 1 ELSE 0 END) AS v FROM sales", [[3]]),
}


@pytest.mark.parametrize("name", list(STATEMENTS))
def test_a_statement_has_the_rows_that_redshift_documents(
    warehouse: DuckDBWarehouse, name: str, tmp_path: Path
) -> None:
    sql, expected = STATEMENTS[name]
    query, rows = run(warehouse, sql, tmp_path)
    assert query.failure is None, query.failure
    if "ORDER BY" in sql:
        assert rows == expected
    else:
        assert sorted(rows) == sorted(expected)


def test_the_types_that_the_rules_go_by_are_the_types_of_the_results(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    """Where a rule looks at a type, a wrong one would be a wrong answer: all queries above are compared."""

    def kind(type_: str) -> str:
        scale = type_.partition(",")[2].rstrip(")")
        return "whole" if type_ == "BIGINT" or scale == "0" else f"NUMERIC {scale}" if scale else type_

    for sql in [*(f"SELECT {expression} AS v" for expression in VALUES), *(sql for sql, _ in STATEMENTS.values())]:
        expected = [kind(str(type_)) for _, type_ in admit(sql, warehouse.introspect()).columns]
        query, _ = run(warehouse, sql, tmp_path)
        assert [kind(type_) for _, type_ in query.columns] == expected, sql


UNSUPPORTED = {
    "TO_CHAR of a number": ("TO_CHAR(1234.5, '9,999.99')", "TO_CHAR"),
    "a format with letters that are no part": ("TO_CHAR(GETDATE(), 'YYYYx')", "YYYYx"),
    "a format with an ordinal": ("TO_CHAR(GETDATE(), 'DDTHH24')", "TH"),
    "a look-ahead": ("REGEXP_REPLACE('a', '(?=a)', 'b', 1, 'p')", "look-around"),
    "a back-reference": ("REGEXP_COUNT('aa', '(a)\\\\1')", "back-reference"),
    "SOUNDEX": ("SOUNDEX('a')", "SOUNDEX"),
    "STRTOL": ("STRTOL('ff', 16)", "STRTOL"),
    "JSON_PARSE": ("JSON_PARSE('{}')", "JSON_PARSE"),
    "TO_NUMBER": ("TO_NUMBER('12,454.8-', '99G999D9S')", "TO_NUMBER"),
    "a cast to SUPER": ("'x'::super", "SUPER"),
    "an interval as a result": ("GETDATE() - timestamp '2024-01-01'", "INTERVAL"),
    "SHA2 of 512 bits": ("SHA2('a', 512)", "SHA2"),
}


@pytest.mark.parametrize("name", list(UNSUPPORTED))
def test_what_cannot_be_answered_right_is_refused_by_name(
    warehouse: DuckDBWarehouse, name: str, tmp_path: Path
) -> None:
    expression, named = UNSUPPORTED[name]
    query, _ = run(warehouse, f"SELECT {expression} AS v", tmp_path)
    assert query.failure is not None
    assert query.failure.type == "Unsupported"
    assert named in query.failure.message
    assert query.failure.hint


def test_whatever_does_not_fit_its_type_fails_as_it_does_on_redshift(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    types = {
        "SELECT 1 / (id - 1) AS v FROM sales": "DivisionByZero",
        "SELECT 1.0 / (id - 1) AS v FROM sales": "DivisionByZero",
        "SELECT '12.7'::int AS v": "InvalidValue",
        "SELECT 'x'::int AS v": "InvalidValue",
        "SELECT 'yesterday'::date AS v": "InvalidValue",
        "SELECT 123456.789::decimal(4,1) AS v": "NumericOverflow",
        "SELECT 12345678::smallint AS v": "NumericOverflow",
        "SELECT JSON_EXTRACT_PATH_TEXT(body, 'a') AS v FROM docs": "InvalidValue",
        "SELECT JSON_ARRAY_LENGTH('{}') AS v": "InvalidValue",
        "SELECT SUM(note) AS v FROM sales": "TypeMismatch",
        "SELECT AVG(paid) AS v FROM sales": "TypeMismatch",
        "SELECT paid::varchar AS v FROM sales": "TypeMismatch",
        "SELECT id FROM sales WHERE paid = 1": "TypeMismatch",
        "SELECT id FROM sales WHERE qty": "TypeMismatch",
        "SELECT id FROM sales WHERE qty AND paid": "TypeMismatch",
        "SELECT sold + 1 AS v FROM sales": "TypeMismatch",
    }
    found = {sql: run(warehouse, sql, tmp_path)[0].failure for sql in types}
    assert {sql: failure.type if failure else None for sql, failure in found.items()} == types


def test_warnings_name_the_arithmetic_that_people_rarely_mean(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    query, _ = run(warehouse, "SELECT AVG(qty) AS a, SUM(qty) / COUNT(*) AS b FROM sales", tmp_path)
    assert any("AVG of integers" in w for w in query.warnings)
    assert any("integer divided by an integer" in w for w in query.warnings)
    query, _ = run(warehouse, "SELECT AVG(qty::float) AS a, SUM(qty) * 1.0 / COUNT(*) AS b FROM sales", tmp_path)
    assert query.warnings == ()
