# What other databases take and Redshift does not: the reason, and a word of the advice

SELECT timestamp FROM interactions --> ReservedWord: "timestamp"
SELECT MAX(timestamp) AS a FROM interactions --> ReservedWord: "timestamp"
SELECT user FROM users --> ReservedWord: "user"
SELECT age AS tag FROM users ORDER BY tag --> ReservedWord: "tag"
SELECT u.age FROM users AS default --> ReservedWord: "default"
WITH order AS (SELECT 1 AS a) SELECT a FROM order --> ReservedWord: "order"
SELECT CURRENT_TIMESTAMP AS a --> NotAllowed: GETDATE()
SELECT NOW() AS a --> NotAllowed: GETDATE()
SELECT COUNT(*) FILTER (WHERE age > 3) AS a FROM users --> NotAllowed: CASE WHEN
SELECT DISTINCT ON (gender) age FROM users --> NotAllowed: QUALIFY
SELECT CONCAT('a', 'b', 'c') AS a --> WrongArguments: ||
SELECT CONCAT_WS(',', 'a', 'b') AS a --> NotAllowed: ||
SELECT COUNT(*) FROM users --> MissingAlias: AS
SELECT age + 1 FROM users --> MissingAlias: AS
WITH x AS (SELECT MAX(age) FROM users) SELECT * FROM x --> MissingAlias: AS
SELECT age, age FROM users --> DuplicateColumn: alias
SELECT * FROM users AS u JOIN interactions AS i ON u.userid = i.userid --> DuplicateColumn: *
SELECT userid FROM users AS u JOIN interactions AS i ON u.userid = i.userid --> AmbiguousColumn: u.userid
SELECT age FROM users JOIN users ON true --> AmbiguousTable: alias
SELECT age * 2 AS twice FROM users WHERE twice > 3 --> UnknownColumn: Repeat
SELECT gender, COUNT(*) AS n FROM users GROUP BY gender HAVING n > 3 --> UnknownColumn: Repeat
SELECT * EXCLUDE (age) FROM users --> NotAllowed: Name the columns
SELECT * REPLACE (1 AS age) FROM users --> NotAllowed: Name the columns
SELECT COLUMNS('a.*') FROM users --> NotAllowed: 
SELECT age FROM users ORDER BY ALL --> ReservedWord: 
SELECT [1, 2] AS a --> NotAllowed: UNION ALL
SELECT {'a': 1} AS a --> NotAllowed: plain columns
SELECT age // 2 AS a FROM users --> NotAllowed: FLOOR
SELECT age FROM users USING SAMPLE 10 --> NotAllowed: MOD
SELECT age FROM users TABLESAMPLE (10) --> NotAllowed: MOD
SELECT age FROM users SEMI JOIN orders ON true --> NotAllowed: EXISTS
SELECT age FROM users ASOF JOIN orders ON userid >= id --> NotAllowed: LEFT
SELECT a FROM (SELECT 1 AS a) --> SyntaxError: AS name
SELECT age FROM users LIMIT 10% --> NotAllowed: LIMIT n
SELECT age FROM users LIMIT (SELECT 1) --> NotAllowed: LIMIT 100
SELECT age FROM users FETCH FIRST 5 ROWS ONLY --> NotAllowed: LIMIT
SELECT age FROM users UNION BY NAME SELECT age FROM users --> NotAllowed: same order
SELECT age FROM users EXCEPT ALL SELECT age FROM users --> NotAllowed: EXCEPT
SELECT SUM(age) OVER (ORDER BY userid) AS a FROM users --> MissingFrame: ROWS BETWEEN
SELECT LAST_VALUE(age) OVER (ORDER BY userid) AS a FROM users --> MissingFrame: ROWS BETWEEN
SELECT SUM(age) OVER (ORDER BY joined RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS a FROM users --> NotAllowed: ROWS
SELECT SUM(age) OVER w AS a FROM users WINDOW w AS (PARTITION BY gender) --> NotAllowed: OVER
SELECT COUNT(DISTINCT age) OVER (PARTITION BY gender) AS a FROM users --> NotAllowed: WITH
SELECT ROW_NUMBER() AS a FROM users --> NotAllowed: OVER
SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY age) AS a, MEDIAN(userid) AS b FROM users --> NotAllowed: WITH query
SELECT COUNT(DISTINCT age, gender) AS a FROM users --> NotAllowed: ||
SELECT CORR(age, userid) AS a FROM users --> NotAllowed: Python
SELECT STRING_AGG(gender, ',') AS a FROM users --> NotAllowed: LISTAGG
SELECT ARRAY_AGG(gender) AS a FROM users --> NotAllowed: LISTAGG
SELECT STRFTIME(joined, '%Y') AS a FROM users --> NotAllowed: TO_CHAR
SELECT YEAR(joined) AS a FROM users --> NotAllowed: EXTRACT(year
SELECT IFNULL(age, 0) AS a FROM users --> NotAllowed: NVL
SELECT IF(age > 3, 1, 0) AS a FROM users --> NotAllowed: CASE
SELECT COUNT_IF(age > 3) AS a FROM users --> NotAllowed: CASE
SELECT QUANTILE_CONT(age, 0.5) AS a FROM users --> NotAllowed: PERCENTILE_CONT
SELECT REGEXP_MATCHES(email, 'a') AS a FROM users --> NotAllowed: ~
SELECT CONTAINS(email, 'a') AS a FROM users --> NotAllowed: STRPOS
SELECT email ~* 'a' AS a FROM users --> NotAllowed: LOWER
SELECT age IS DISTINCT FROM 3 AS a FROM users --> NotAllowed: null
SELECT DATE_TRUNC('fortnight', joined) AS a, LENGHT(email) AS b FROM users --> NotAllowed: LENGTH
SELECT DATEADD(1, joined) AS a FROM users --> WrongArguments: 
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n --> SyntaxError: n(column
SELECT joined::hugeint AS a FROM users --> NotAllowed: NUMERIC
SELECT LAG(age, 1, 0) OVER (ORDER BY userid) AS a FROM users --> WrongArguments: NVL
SELECT age FROM users WHERE age == 3 --> NotAllowed: =
SELECT age FROM users WHERE email RLIKE 'a' --> NotAllowed: ~
SELECT age FROM users WHERE email REGEXP 'a' --> NotAllowed: ~
SELECT age FROM users WHERE email GLOB 'a*' --> NotAllowed: GLOB
SELECT age FROM users WHERE email LIKE ANY ('a%', 'b%') --> NotAllowed: SIMILAR TO
SELECT age FROM users WHERE email ~~ 'a%' --> NotAllowed: LIKE
SELECT age FROM users WHERE ! (age = 3) --> NotAllowed: NOT
SELECT age FROM users WHERE age BETWEEN SYMMETRIC 9 AND 1 --> NotAllowed: smaller
SELECT age FROM users WHERE age <=> 3 --> NotAllowed: IS NULL
SELECT age, FROM users --> SyntaxError: comma
SELECT age FROM users WHERE age IN (1, 2,) --> SyntaxError: comma
SELECT age FROM users LIMIT 5, 10 --> SyntaxError: OFFSET
SELECT joined + INTERVAL 1 DAY AS a FROM users --> SyntaxError: INTERVAL '1 day'
SELECT 1_000 AS a --> SyntaxError: number
SELECT age ** 2 AS a FROM users --> SyntaxError: POWER
SELECT 0xFF AS a --> SyntaxError: number
SELECT age FROM users JOIN orders --> SyntaxError: ON
SELECT CAST(joined AS VARCHAR FORMAT 'YYYY') AS a FROM users --> NotAllowed: TO_CHAR
SELECT DATE(joined) AS a FROM users --> NotAllowed: ::DATE
SELECT (age, gender) AS a FROM users --> NotAllowed: plain columns
SELECT ROW(age, gender) AS a FROM users --> NotAllowed: plain columns
SELECT LIST(age) AS a FROM users --> NotAllowed: LISTAGG
SELECT LIST_TRANSFORM([1], x -> x + 1) AS a --> NotAllowed:
SELECT MAX_BY(age, userid) AS a FROM users --> NotAllowed: ROW_NUMBER
SELECT DATE_BIN(INTERVAL '1 day', joined) AS a FROM users --> NotAllowed: DATE_TRUNC
SELECT TIMESTAMPDIFF(day, joined, joined) AS a FROM users --> NotAllowed: DATEDIFF
SELECT FROM_UNIXTIME(age) AS a FROM users --> NotAllowed: epoch
SELECT STR_TO_DATE(email, '%Y') AS a FROM users --> NotAllowed: TO_DATE
SELECT SUBSTRING_INDEX(email, '@', 1) AS a FROM users --> NotAllowed: SPLIT_PART
SELECT JSON_EXTRACT(email, '$.a') AS a FROM users --> NotAllowed: JSON_EXTRACT_PATH_TEXT
SELECT email -> 'a' AS a FROM users --> NotAllowed: JSON_EXTRACT_PATH_TEXT
SELECT email ->> 'a' AS a FROM users --> NotAllowed: JSON_EXTRACT_PATH_TEXT
SELECT QUANTILE(age, 0.5) AS a FROM users --> NotAllowed: PERCENTILE_CONT
SELECT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY age) AS a FROM users --> NotAllowed: PERCENTILE_CONT
SELECT APPROX_COUNT_DISTINCT(age) AS a FROM users --> NotAllowed: APPROXIMATE COUNT
SELECT `age` FROM users --> NotAllowed: "name"
SELECT [age] FROM users --> NotAllowed:
SELECT age FROM users CROSS APPLY orders --> NotAllowed: join
SELECT age FROM users ANTI JOIN orders ON userid = id --> NotAllowed: EXISTS
SELECT age FROM users LEFT JOIN LATERAL (SELECT 1 AS x) AS l ON true --> NotAllowed: join
SELECT COUNT(*) AS n FROM GENERATE_SERIES(1, 10) AS g --> NotAllowed: recursive
SELECT age FROM users, UNNEST(ARRAY[1, 2]) AS x --> NotAllowed:
(FROM users) --> SyntaxError: SELECT
SELECT age FROM users WHERE age = 1 AND email = "x" --> UnknownColumn: x
SELECT age　FROM users --> NotAllowed: space
SELECT age， gender FROM users --> NotAllowed: ,
SELECT age FROM users WHERE age ＝ 1 --> NotAllowed: =
SELECT age FROM users WHERE email = ‘a’ --> NotAllowed: '

# Written as Postgres, DuckDB, BigQuery and Snowflake would have it

SELECT age FROM users QUALIFY ROW_NUMBER() OVER (ORDER BY age) = 1 --> NotAllowed: users AS u QUALIFY
SELECT age FROM orders JOIN users ON true CROSS JOIN customers QUALIFY ROW_NUMBER() OVER (ORDER BY age) = 1 --> NotAllowed: alias
SELECT DISTINCT age FROM users ORDER BY gender --> NotAllowed: select list
SELECT DISTINCT age FROM users ORDER BY age + 1 --> NotAllowed: GROUP BY
WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 4) SELECT i FROM n --> NotAllowed: UNION ALL
WITH RECURSIVE d(day) AS (SELECT date '2024-01-01' UNION ALL SELECT DATEADD(day, 1, day) FROM d WHERE day < '2024-01-03') SELECT day FROM d --> TypeMismatch: ::DATE
WITH RECURSIVE n(x) AS (SELECT 1.0 UNION ALL SELECT x / 2 FROM n WHERE x > 0.3) SELECT x FROM n --> TypeMismatch: Cast both
SELECT LISTAGG(email, ',' ORDER BY email) AS a FROM users --> NotAllowed: WITHIN GROUP
SELECT COUNT(age ORDER BY age) AS a FROM users --> NotAllowed: Remove ORDER BY
SELECT SUM(age) WITHIN GROUP (ORDER BY age) AS a FROM users --> NotAllowed: WITHIN GROUP
SELECT u.age FROM users AS u JOIN interactions AS i USING userid --> SyntaxError: USING (userid)
SELECT age FROM users UNION DISTINCT SELECT age FROM users --> SyntaxError: UNION
SELECT CURRENT_DATE() AS a --> SyntaxError: parentheses
SELECT age FROM users |> WHERE age > 3 --> NotAllowed: WHERE
SELECT age FROM users* --> NotAllowed: Remove
SELECT age::string AS a FROM users --> NotAllowed: VARCHAR
SELECT CAST(age AS DOUBLE) AS a FROM users --> NotAllowed: DOUBLE PRECISION
SELECT CAST(age AS INT64) AS a FROM users --> NotAllowed: BIGINT
SELECT age::number AS a FROM users --> NotAllowed: NUMERIC
SELECT age::tinyint AS a FROM users --> NotAllowed: SMALLINT
SELECT joined::datetime AS a FROM users --> NotAllowed: TIMESTAMP
SELECT joined::timestamp_ntz AS a FROM users --> NotAllowed: TIMESTAMP
SELECT email::jsonb AS a FROM users --> NotAllowed: JSON_PARSE
SELECT REGEXP_COUNT(email, '\d+') AS a FROM users --> NotAllowed: \\d
SELECT age FROM users WHERE email LIKE '%\_%' --> NotAllowed: \\_
SELECT TO_DATE('2024-01-01') AS a --> WrongArguments: ::DATE
SELECT TO_TIMESTAMP(1704067200) AS a --> WrongArguments: epoch
SELECT DATEDIFF(joined, CURRENT_DATE) AS a FROM users --> WrongArguments: DATEDIFF(day
SELECT DATE_ADD(joined, INTERVAL '1 day') AS a FROM users --> WrongArguments: DATEADD(day
SELECT PERCENTILE_CONT(age, 0.5) OVER () AS a FROM users --> WrongArguments: WITHIN GROUP
SELECT PARSE_DATE('%Y%m%d', '20240101') AS a --> NotAllowed: TO_DATE
SELECT FORMAT_TIMESTAMP('%Y', joined) AS a FROM users --> NotAllowed: TO_CHAR
SELECT SAFE_CAST(age AS STRING) AS a FROM users --> NotAllowed: TRY_CAST
SELECT TRY_TO_NUMBER(email) AS a FROM users --> NotAllowed: TRY_CAST
SELECT TIMESTAMP_TRUNC(joined, MONTH) AS a FROM users --> NotAllowed: DATE_TRUNC
SELECT TIMESTAMP_DIFF(joined, joined, DAY) AS a FROM users --> NotAllowed: DATEDIFF
SELECT DATEPART(month, joined) AS a FROM users --> NotAllowed: DATE_PART
SELECT EOMONTH(joined) AS a FROM users --> NotAllowed: LAST_DAY
SELECT DATEFROMPARTS(2024, 1, 1) AS a --> NotAllowed: TO_DATE
SELECT TIMESTAMP_SECONDS(1) AS a --> NotAllowed: epoch
SELECT EPOCH_MS(1) AS a --> NotAllowed: millisecond
SELECT DIV0(age, 0) AS a FROM users --> NotAllowed: NULLIF
SELECT NULLIFZERO(age) AS a FROM users --> NotAllowed: NULLIF(value, 0)
SELECT EQUAL_NULL(age, 1) AS a FROM users --> NotAllowed: IS NULL
SELECT LOGICAL_OR(age > 1) AS a FROM users --> NotAllowed: BOOL_OR
SELECT EVERY(age > 1) AS a FROM users --> NotAllowed: BOOL_AND
SELECT FIRST(age) AS a FROM users --> NotAllowed: FIRST_VALUE
SELECT APPROX_QUANTILES(age, 4) AS a FROM users --> NotAllowed: PERCENTILE_CONT
SELECT REGEXP_CONTAINS(email, 'a') AS a FROM users --> NotAllowed: ~
SELECT REGEXP_EXTRACT_ALL(email, 'a') AS a FROM users --> NotAllowed: REGEXP_SUBSTR
SELECT STRING_TO_ARRAY(email, '@') AS a FROM users --> NotAllowed: SPLIT_PART
SELECT STARTSWITH(email, 'a') AS a FROM users --> NotAllowed: LIKE
SELECT PARSE_JSON(email) AS a FROM users --> NotAllowed: JSON_PARSE
SELECT ARRAY_LENGTH(email) AS a FROM users --> NotAllowed: JSON_ARRAY_LENGTH
SELECT JSON_BUILD_OBJECT('a', age) AS a FROM users --> NotAllowed: columns
SELECT RAND() AS a --> NotAllowed: RANDOM()
SELECT TRUNCATE(age, 2) AS a FROM users --> NotAllowed: TRUNC(
SELECT SHA256(email) AS a FROM users --> NotAllowed: SHA2
SELECT LAG(age IGNORE NULLS) OVER (ORDER BY userid) AS a FROM users --> SyntaxError: IGNORE NULLS OVER
SELECT age FROM users WHERE ROW_NUMBER() OVER (ORDER BY age) = 1 --> GroupBy: QUALIFY
SELECT MAX(COUNT(*)) AS m FROM users GROUP BY age --> GroupBy: WITH
SELECT AVG(age > 30) AS a FROM users --> TypeMismatch: CASE WHEN
SELECT body->>'kind' AS a FROM events --> NotAllowed: JSON_EXTRACT_PATH_TEXT
SELECT * EXCEPT (age) FROM users --> NotAllowed: Name the columns
SELECT age FROM users WHERE age = ANY(ARRAY[1, 2]) --> NotAllowed: UNION ALL
SELECT GENERATE_SERIES(1, 5) AS x --> NotAllowed: recursive
SELECT age FROM users ORDER BY 5 --> SyntaxError: position
