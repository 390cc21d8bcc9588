# Japanese names and texts

SELECT 店舗, SUM(金額) AS 合計 FROM 売上 GROUP BY 店舗 ORDER BY 合計 DESC NULLS LAST

SELECT "店舗", "商品", SUM("数量") AS "数量計" FROM "売上" WHERE "商品" = 'りんご' GROUP BY "店舗", "商品" ORDER BY 1

SELECT TO_CHAR(日付, 'YYYY"年"MM"月"') AS 年月, SUM(金額) AS 売上高 FROM 売上 GROUP BY 1 ORDER BY 1 -- 月別の売上

SELECT u.店舗 AS 店, COUNT(*) AS 件数 FROM 売上 AS u WHERE u.商品 IN ('りんご', 'みかん') GROUP BY u.店舗 ORDER BY 件数 DESC, 店

SELECT CASE WHEN 数量 >= 5 THEN '多い' ELSE '少ない' END AS 区分, AVG(金額) AS 平均 FROM 売上 GROUP BY 1 ORDER BY 1

SELECT LEFT(商品, 1) || '…' AS 頭文字 FROM 売上 ORDER BY 日付

/* 東京の店だけ：全角の「；」や「、」は注釈と文字列の中ならよい */
SELECT 日付, '東京；、。' AS 備考 FROM 売上 WHERE 店舗 LIKE '東%'

SELECT 店舗, 日付, SUM(金額) OVER (PARTITION BY 店舗 ORDER BY 日付 ROWS UNBOUNDED PRECEDING) AS 累計 FROM 売上 ORDER BY 店舗, 日付

SELECT REPLACE(name, '　', ' ') AS name FROM customers ORDER BY id

SELECT COUNT(*) AS "件 数" FROM 売上

# Letters, blanks and comments

select count(*) as n from USERS

SeLeCt Age FrOm uSeRs WhErE aGe > 20

SELECT/**/age/**/FROM/**/users

SELECT	age,
	gender	-- tabs
FROM	users

SELECT age -- first; second
FROM users -- DROP TABLE users

/* header
   with lines; and 'quotes' */
SELECT age FROM users /* done */;

SELECT age FROM users WHERE email <> '-- not a comment' AND email <> '/* neither */'

SELECT 'It''s; DROP TABLE users' AS quote, ';' AS semicolon, 'DELETE' AS word

SELECT 'INSERT INTO x' AS a, 'UPDATE' AS b, 'GRANT ALL' AS c FROM users

SELECT "age" AS "Delete", "gender" AS "Update" FROM "users"

SELECT '\\' AS backslash, 'C:\\temp' AS path, '\\d+' AS pattern

SELECT '' AS empty, ' ' AS blank, '%_' AS signs

((SELECT age FROM users))

(SELECT age FROM users ORDER BY age LIMIT 2) UNION ALL (SELECT age FROM users ORDER BY age DESC LIMIT 2)

SELECT u . age FROM users AS u

SELECT deleted.id, updated_at FROM (SELECT id, ordered_at AS updated_at FROM orders) AS deleted

SELECT copy.age FROM users AS copy

SELECT 1 AS create_count, 2 AS drop_rate, 3 AS set_id, 4 AS call_id, 5 AS execute_ms

# Numbers

SELECT 1 AS a, -1 AS b, +1 AS c, 1.5 AS d, .5 AS e, 1e3 AS f, 1.5E-3 AS g

SELECT ROUND(amount * 1.1, 2) AS taxed, CEIL(amount) AS up, FLOOR(amount) AS down, TRUNC(amount, 1) AS cut FROM orders

SELECT amount::float / NULLIF(customer_id, 0) AS ratio, amount % 7 AS rest, ABS(amount - 100) AS off FROM orders

SELECT SUM(amount)::bigint AS whole, CAST(AVG(amount) AS DECIMAL(10,1)) AS mean FROM orders

SELECT CAST(id AS BIGINT) AS a, CAST(amount AS REAL) AS b, id::smallint AS c, CONVERT(INTEGER, amount) AS d FROM orders WHERE amount IS NOT NULL

SELECT LN(amount) AS a, LOG(amount) AS b, EXP(1) AS c, SQRT(amount) AS d, CBRT(amount) AS e FROM orders WHERE amount > 0

SELECT SIN(1) AS a, COS(1) AS b, RADIANS(180) AS c, DEGREES(PI()) AS d, SIGN(-2) AS e, ATAN2(1, 2) AS f

SELECT id & 1 AS odd, id | 8 AS flag, id << 1 AS twice, ~ id AS inverse FROM orders

SELECT (amount > 50)::int AS big, SUM((amount > 50)::int) OVER () AS n FROM orders

# Texts

SELECT UPPER(LEFT(name, 1)) || LOWER(SUBSTRING(name, 2)) AS proper, INITCAP(name) AS initial, REVERSE(name) AS back FROM customers

SELECT SPLIT_PART(email, '@', 2) AS domain, COUNT(*) AS n FROM users WHERE email IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1

SELECT REGEXP_SUBSTR(itemid, '[0-9]+')::int AS number, COUNT(*) AS n FROM interactions GROUP BY 1 ORDER BY 1

SELECT REGEXP_REPLACE(email, '@.*$', '') AS account, REGEXP_COUNT(email, 'e') AS es, REGEXP_INSTR(email, '@') AS at FROM users

SELECT LPAD(id::varchar, 6, '0') AS code, RPAD(status, 10) AS padded, REPEAT('*', id) AS stars FROM orders

SELECT CONCAT(name, CONCAT(' / ', country)) AS label, LEN(name) AS n, OCTET_LENGTH(name) AS bytes FROM customers

SELECT TRIM(BOTH ' ' FROM name) AS a, LTRIM(itemid, 'item-') AS b, BTRIM(itemid, 'it') AS c FROM customers, interactions

SELECT STRPOS(email, '@') AS a, CHARINDEX('@', email) AS b, POSITION('@' IN email) AS c FROM users

SELECT TRANSLATE(status, 'aeiou', '*****') AS masked, REPLACE(status, 'paid', 'settled') AS said, MD5(status) AS hash FROM orders

SELECT name FROM customers WHERE name ILIKE '%ann%' OR name SIMILAR TO '(Bob|Eve)%' OR name ~ '^[A-Z]' OR name !~ '[0-9]'

SELECT name FROM customers WHERE LOWER(name) LIKE '%\\_%' OR name LIKE '100\\%' OR name LIKE 'a^%b' ESCAPE '^'

SELECT DECODE(status, 'paid', 1, 'sent', 2, 0) AS code, NVL2(note, 'noted', 'none') AS noted FROM orders

SELECT JSON_EXTRACT_PATH_TEXT(note, 'channel', true) AS channel, COUNT(*) AS n FROM orders GROUP BY 1 ORDER BY 1

SELECT JSON_EXTRACT_ARRAY_ELEMENT_TEXT(JSON_EXTRACT_PATH_TEXT(note, 'tags', true), 0, true) AS first_tag FROM orders

SELECT id FROM orders WHERE IS_VALID_JSON(note) AND JSON_ARRAY_LENGTH(JSON_EXTRACT_PATH_TEXT(note, 'tags'), true) > 1

# Dates

SELECT DATEADD(day, 7, ordered_at) AS a, DATEADD('hour', -3, ordered_at) AS b, DATE_ADD('day', 1, ordered_at) AS c FROM orders

SELECT ordered_at + INTERVAL '1 day' AS a, ordered_at - INTERVAL '2 hours' AS b, joined + 30 AS c, joined - INTERVAL '1' month AS d FROM orders, users

SELECT DATEDIFF(month, joined, CURRENT_DATE) AS a, DATE_DIFF('week', joined, CURRENT_DATE) AS b, MONTHS_BETWEEN(CURRENT_DATE, joined) AS c FROM users

SELECT ADD_MONTHS(joined, 3) AS a, LAST_DAY(joined) AS b, NEXT_DAY(joined, 'Monday') AS c, TRUNC(ordered_at) AS d FROM users, orders

SELECT TO_DATE('2024/01/31', 'YYYY/MM/DD') AS a, TO_TIMESTAMP('20240131 101112', 'YYYYMMDD HH24MISS') AS b, '2024-01-31'::date AS c

SELECT CONVERT_TIMEZONE('UTC', 'Asia/Tokyo', ordered_at) AS tokyo, ordered_at AT TIME ZONE 'America/New_York' AS instant FROM orders

SELECT TIMESTAMP 'epoch' + 1704067200 * INTERVAL '1 second' AS moment, EXTRACT(epoch FROM ordered_at) AS seconds FROM orders

SELECT joined FROM users WHERE joined >= '2024-01-01' AND joined < DATEADD(year, 1, '2024-01-01')

SELECT GETDATE() AS a, SYSDATE AS b, CURRENT_DATE AS c, GETDATE()::date AS d, DATE_PART_YEAR(joined) AS e FROM users

SELECT TO_CHAR(joined, 'Dy DD Mon YYYY') AS a, TO_CHAR(joined, 'IYYY-IW') AS b, TO_CHAR(ordered_at, 'HH24:MI') AS c, TO_CHAR(joined, 'FMDay') AS d FROM users, orders

SELECT happened AT TIME ZONE 'Asia/Tokyo' AS local, DATE_TRUNC('day', happened) AS day, EXTRACT(hour FROM happened) AS hour FROM events

# Windows

SELECT id, LAG(amount, 2) OVER (ORDER BY id) AS a, LEAD(amount) IGNORE NULLS OVER (ORDER BY id) AS b FROM orders

SELECT id, FIRST_VALUE(status) OVER (PARTITION BY customer_id ORDER BY ordered_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS first_status FROM orders

SELECT id, LAST_VALUE(amount) IGNORE NULLS OVER (ORDER BY ordered_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS filled FROM orders

SELECT id, PERCENT_RANK() OVER (ORDER BY amount) AS a, CUME_DIST() OVER (ORDER BY amount) AS b, NTH_VALUE(amount, 2) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS c FROM orders

SELECT id, MAX(amount) OVER (PARTITION BY status) - amount AS below, COUNT(*) OVER (PARTITION BY status) AS n, MEDIAN(amount) OVER (PARTITION BY status) AS m FROM orders

SELECT id, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) OVER (PARTITION BY status) AS p, LISTAGG(id, ',') WITHIN GROUP (ORDER BY id) OVER (PARTITION BY status) AS ids FROM orders

SELECT id, SUM(amount) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS around, MIN(amount) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS rest FROM orders

SELECT DISTINCT status, DENSE_RANK() OVER (ORDER BY status) AS place FROM orders ORDER BY place

SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id, status ORDER BY amount DESC NULLS LAST, id) AS n FROM orders AS o QUALIFY n = 1

# Joins, sets, nesting and pivots

SELECT o.id, c.name, a.total FROM orders AS o INNER JOIN customers AS c ON c.id = o.customer_id LEFT OUTER JOIN finance.archive AS a ON a.id = o.id WHERE c.country = 'JP'

SELECT o.id, c.id AS customer FROM orders AS o FULL OUTER JOIN customers AS c ON c.id = o.customer_id

SELECT c.name, o.id FROM orders AS o RIGHT JOIN customers AS c ON c.id = o.customer_id AND o.paid

SELECT a.id FROM orders AS a, orders AS b WHERE a.customer_id = b.customer_id AND a.id <> b.id

SELECT (SELECT COUNT(*) FROM users) AS users, (SELECT COUNT(*) FROM orders) AS orders

SELECT id, (SELECT name FROM customers AS c WHERE c.id = o.customer_id) AS name FROM orders AS o

SELECT status FROM orders GROUP BY status HAVING SUM(amount) > (SELECT AVG(amount) FROM orders)

SELECT id FROM orders WHERE amount >= ALL (SELECT amount FROM orders WHERE amount IS NOT NULL)

SELECT id FROM orders WHERE customer_id = ANY (SELECT id FROM customers WHERE country = 'JP')

SELECT id FROM customers INTERSECT SELECT customer_id FROM orders ORDER BY 1

SELECT id FROM customers EXCEPT SELECT customer_id FROM orders WHERE customer_id IS NOT NULL ORDER BY 1

WITH a AS (SELECT id FROM orders), b AS (SELECT id FROM a WHERE id > 1), c AS (SELECT COUNT(*) AS n FROM b) SELECT n FROM c

WITH RECURSIVE tree(id, depth) AS (SELECT 1, 0 UNION ALL SELECT id + 1, depth + 1 FROM tree WHERE depth < 3) SELECT MAX(depth) AS depth FROM tree

SELECT status, COUNT(*) AS n, GREATEST(MAX(amount), 0) AS top FROM orders GROUP BY ROLLUP (status) ORDER BY status

SELECT country, name, COUNT(*) AS n FROM customers GROUP BY GROUPING SETS ((country, name), (country), ())

SELECT country, COUNT(*) AS n FROM customers GROUP BY ALL ORDER BY n

SELECT * FROM (SELECT customer_id, status, amount FROM orders) PIVOT (SUM(amount) AS total FOR status IN ('paid', 'sent', 'new')) ORDER BY customer_id

SELECT * FROM (SELECT id, feature, value FROM (SELECT userid AS id, feature1 AS x, purchase::float AS y FROM interactions) UNPIVOT (value FOR feature IN (x, y))) AS long ORDER BY id, feature

SELECT TOP 3 id, amount FROM orders ORDER BY amount DESC

SELECT BOOL_AND(paid) AS every_one, BOOL_OR(paid) AS some, COUNT(CASE WHEN paid THEN 1 END) AS n FROM orders

SELECT id FROM orders WHERE paid AND NOT status = 'new' OR paid IS UNKNOWN OR note ISNULL

SELECT APPROXIMATE COUNT(DISTINCT customer_id) AS n FROM orders

SELECT amount * 2 AS double_it, double_it + 1 AS more FROM orders ORDER BY more NULLS FIRST LIMIT 3 OFFSET 1

# SUPER

SELECT e.id, e.body.kind::varchar AS kind, e.body.page.ms::int AS ms FROM events AS e WHERE e.body.kind = 'visit'

SELECT i.sku::varchar AS sku, SUM(i.qty::int) AS sold FROM events AS e, e.body.items AS i GROUP BY 1 ORDER BY sold DESC

SELECT id, body.items[0].sku::varchar AS first_sku, GET_ARRAY_LENGTH(body.items) AS n FROM events

SELECT o.doc.tags[0]::varchar AS tag FROM (SELECT JSON_PARSE(note) AS doc FROM orders WHERE IS_VALID_JSON(note)) AS o

SELECT body.kind::varchar AS kind, COUNT(*) AS n, AVG(body.total::float) AS mean FROM events WHERE body.kind IS NOT NULL GROUP BY 1
