# Redshift, but what DuckDB cannot answer right

SELECT TO_CHAR(1234.5, '9,999.99') AS v --> Unsupported: TO_CHAR
SELECT TO_CHAR(GETDATE(), 'YYYYx') AS v --> Unsupported: YYYYx
SELECT TO_CHAR(GETDATE(), 'DDTHH24') AS v --> Unsupported: TH
SELECT REGEXP_REPLACE('a', '(?=a)', 'b', 1, 'p') AS v --> Unsupported: look-around
SELECT REGEXP_COUNT('aa', '(a)\\1') AS v --> Unsupported: back-reference
SELECT SOUNDEX('a') AS v --> Unsupported: SOUNDEX
SELECT STRTOL('ff', 16) AS v --> Unsupported: STRTOL
SELECT UPPER(body.kind) AS v FROM events --> Unsupported: ::VARCHAR
SELECT body.kind || 'x' AS v FROM events --> Unsupported: ::VARCHAR
SELECT body.total + 1 AS v FROM events --> Unsupported: ::DECIMAL
SELECT id FROM events ORDER BY body.total --> Unsupported: ::DECIMAL
SELECT id FROM events WHERE body.kind IN ('order') --> Unsupported: ::VARCHAR
SELECT id FROM events WHERE body.kind = body.total --> Unsupported: SUPER
SELECT SUM(body.total) AS v FROM events --> TypeMismatch: ::DECIMAL
SELECT body.pageName AS v FROM events --> NotAllowed: JSON_EXTRACT_PATH_TEXT
SELECT age[0] AS v FROM users --> TypeMismatch: SUPER
SELECT a FROM users, users.age AS a --> TypeMismatch: SUPER
SELECT JSON_PARSE('{') AS v --> InvalidValue: JSON
SELECT TO_NUMBER('12,454.8-', '99G999D9S') AS v --> Unsupported: TO_NUMBER
SELECT 'x'::super AS v --> Unsupported: SUPER
SELECT GETDATE() - timestamp '2024-01-01' AS v --> Unsupported: INTERVAL
SELECT SHA2('a', 512) AS v --> Unsupported: SHA2
SELECT TO_CHAR(GETDATE(), 'SSSS') AS v --> Unsupported: SSSS
SELECT TO_CHAR(GETDATE(), 'Y,YYY') AS v --> Unsupported: Y,YYY
SELECT DATE_TRUNC('century', GETDATE()) AS v --> Unsupported: century
SELECT DATEDIFF(century, GETDATE(), GETDATE()) AS v --> Unsupported: century
SELECT CONVERT_TIMEZONE('UTC', 'GMT+9', GETDATE()) AS v --> Unsupported: GMT+9
SELECT GETDATE() AT TIME ZONE '+09:00' AS v --> Unsupported: +09:00
SELECT LOG(8, 2) AS v --> Unsupported: LN(value)
SELECT SPLIT_PART('a,b', ',', -1) AS v --> Unsupported: SPLIT_PART
SELECT MEDIAN(day) AS v FROM sales --> Unsupported: MEDIAN
SELECT LISTAGG(DISTINCT note, ',') WITHIN GROUP (ORDER BY id) AS v FROM sales --> Unsupported: LISTAGG
SELECT * FROM (SELECT region, month, amount FROM monthly) PIVOT (AVG(amount) FOR month IN ('jan')) --> Unsupported: AVG
SELECT FNV_HASH('a') AS v --> Unsupported: FNV_HASH
SELECT REGEXP_INSTR('a', 'a', 2) AS v --> Unsupported: REGEXP_INSTR

# What fails on Redshift too, and would be NaN, infinity or something else on DuckDB

SELECT 1 / (id - 1) AS v FROM sales --> DivisionByZero:
SELECT 1.0 / (id - 1) AS v FROM sales --> DivisionByZero:
SELECT '12.7'::int AS v --> InvalidValue:
SELECT 'x'::int AS v --> InvalidValue:
SELECT 'yesterday'::date AS v --> InvalidValue:
SELECT 123456.789::decimal(4,1) AS v --> NumericOverflow:
SELECT 12345678::smallint AS v --> NumericOverflow:
SELECT JSON_EXTRACT_PATH_TEXT(body, 'a') AS v FROM docs --> InvalidValue:
SELECT JSON_ARRAY_LENGTH('{}') AS v --> InvalidValue:
SELECT SUM(note) AS v FROM sales --> TypeMismatch:
SELECT AVG(paid) AS v FROM sales --> TypeMismatch:
SELECT paid::varchar AS v FROM sales --> TypeMismatch:
SELECT id FROM sales WHERE paid = 1 --> TypeMismatch:
SELECT id FROM sales WHERE qty --> TypeMismatch:
SELECT id FROM sales WHERE qty AND paid --> TypeMismatch:
SELECT sold + 1 AS v FROM sales --> TypeMismatch:
SELECT LN(0) AS v --> InvalidValue: LN
SELECT LN(-1) AS v --> InvalidValue: LN
SELECT LOG(0) AS v --> InvalidValue: LOG
SELECT SQRT(-1) AS v --> InvalidValue: SQRT
SELECT POWER(0, -1) AS v --> InvalidValue: POWER
SELECT EXP(1000) AS v --> InvalidValue: EXP
SELECT 1::float / 0 AS v --> DivisionByZero: NULLIF
SELECT MOD(5, 0) AS v --> DivisionByZero: NULLIF
SELECT 2147483647 + 1 AS v --> NumericOverflow: BIGINT
SELECT qty * 1000000000 AS v FROM sales --> NumericOverflow: BIGINT
SELECT big * big AS v FROM sales --> NumericOverflow: NUMERIC
SELECT MAX(paid) AS v FROM sales --> TypeMismatch: BOOL_OR
SELECT MIN(paid) AS v FROM sales --> TypeMismatch: BOOL_AND
SELECT note FROM sales UNION SELECT id FROM sales --> TypeMismatch: Cast
SELECT COALESCE(note, 0) AS v FROM sales --> TypeMismatch: Cast
SELECT id FROM sales WHERE note = 5 --> InvalidValue:
SELECT '5' + 1 AS v --> TypeMismatch: Cast
SELECT '2024-02-30'::date AS v --> InvalidValue: date
SELECT JSON_EXTRACT_PATH_TEXT('', 'a') AS v --> InvalidValue: JSON
SELECT LEFT(note, -1) AS v FROM sales --> Unsupported: SUBSTRING
SELECT note || paid AS v FROM sales --> TypeMismatch: CASE

# What means one thing on Redshift and another in DuckDB

SELECT CONVERT_TIMEZONE('PST', 'UTC', GETDATE()) AS v --> Unsupported: Asia/Tokyo
SELECT CONVERT_TIMEZONE('UTC', 'CET', GETDATE()) AS v --> Unsupported: CET
SELECT GETDATE() AT TIME ZONE 'BST' AS v --> Unsupported: BST
SELECT CONVERT_TIMEZONE('UTC', z, GETDATE()) AS v FROM (SELECT 'CST' AS z) AS t --> InvalidValue: CST
SELECT CONVERT_TIMEZONE('UTC', 'Nowhere/City', GETDATE()) AS v --> InvalidValue: Nowhere/City
SELECT '2024-07-01 00:00:00 PST'::timestamptz AS v --> InvalidValue: PST
SELECT '24-01-05'::date AS v --> InvalidValue: YYYY
SELECT LOWER('01-05-24')::timestamp AS v --> InvalidValue: 01-05-24
SELECT id FROM sales WHERE day > '24-03-01' --> InvalidValue: YYYY
SELECT id FROM sales WHERE day BETWEEN '24-01-01' AND '24-12-31' --> InvalidValue: YYYY
SELECT DATE_TRUNC('month', '24-01-05') AS v --> InvalidValue: YYYY
SELECT 'infinity'::date AS v --> InvalidValue: infinity
SELECT '1_000'::float AS v --> InvalidValue: 1_000
SELECT LEFT(note, 1 - 2) AS v FROM sales WHERE id = 1 --> InvalidValue: -1
SELECT RIGHT(note, id - 2) AS v FROM sales WHERE id = 1 --> InvalidValue: -1
SELECT SPLIT_PART('a,b', ',', id - 1) AS v FROM sales --> InvalidValue: 0
SELECT INTERVAL '1-2' YEAR TO MONTH + GETDATE() AS v --> Unsupported: 1 year 2 months
SELECT GETDATE() + INTERVAL '1 fortnight' AS v --> UnknownDatePart: fortnight
SELECT GETDATE() + INTERVAL 'one day' AS v --> InvalidValue: one day

# What Redshift has no function or number for

SELECT DATEADD(day, 1.5, day) AS v FROM sales --> TypeMismatch: ::INTEGER
SELECT DATEADD(day, weight, day) AS v FROM sales --> TypeMismatch: ::INTEGER
SELECT ADD_MONTHS(day, 0.5) AS v FROM sales --> TypeMismatch: whole
SELECT TO_CHAR('2024-01-05', 'YYYY') AS v --> TypeMismatch: ::TIMESTAMP
SELECT TO_CHAR(INTERVAL '1 day', 'DD') AS v --> TypeMismatch: INTERVAL
SELECT CURRENT_DATE - '2024-01-01' AS v --> TypeMismatch: DATE '2024-01-01'
SELECT ACOS(2) AS v --> InvalidValue: ACOS
SELECT COT(0) AS v --> InvalidValue: COT
SELECT 1e400 AS v --> NumericOverflow: 1e400
SELECT CAST(12 AS DECIMAL(3,2)) AS v --> NumericOverflow:
SELECT id::date AS v FROM sales --> TypeMismatch: cast
SELECT note FROM sales ORDER BY 5 --> SyntaxError: position

# A year of two digits where a text and a date meet

SELECT NVL(sold, '24-01-01') AS v FROM sales --> InvalidValue: YYYY
SELECT CASE WHEN id = 1 THEN '24-01-05' ELSE day END AS v FROM sales --> InvalidValue: YYYY
SELECT id FROM sales WHERE day = LOWER('24-01-05') --> InvalidValue: 24-01-05

# A null in a row is larger than everything in DuckDB

SELECT id FROM sales WHERE (note, id) > ('blue_whale', 1) --> Unsupported: one by one
