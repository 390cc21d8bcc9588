# One clause or function each

SELECT * FROM users

select age from users;

SELECT DISTINCT gender FROM users

SELECT COUNT(*) AS n FROM users -- all of them

/* who? */ SELECT COUNT(*) AS n FROM users /* done */

SELECT "timestamp" FROM interactions

SELECT i."timestamp" AS at FROM interactions AS i ORDER BY i."timestamp" DESC LIMIT 10

SELECT "user name" FROM contacts

SELECT COUNT(*) AS percent, MAX("timestamp") AS "order" FROM interactions

SELECT USERS.AGE FROM USERS

SELECT u.* FROM users u

SELECT u.*, i.itemid FROM users u LEFT JOIN interactions i ON u.userid = i.userid

SELECT gender, COUNT(*) AS n FROM users GROUP BY gender ORDER BY n DESC

SELECT gender, COUNT(*) AS n FROM users GROUP BY 1 HAVING COUNT(*) > 10 ORDER BY 2 DESC LIMIT 5 OFFSET 2

SELECT gender AS g, AVG(age::float) AS mean FROM users WHERE age IS NOT NULL GROUP BY g

SELECT TOP 5 itemid, COUNT(*) AS n FROM interactions GROUP BY itemid ORDER BY n DESC

SELECT interactiontype, SUM(purchase) * 1.0 / COUNT(*) AS rate FROM interactions GROUP BY interactiontype

SELECT DATE_TRUNC('month', ordered_at) AS month, SUM(amount) AS revenue FROM orders GROUP BY 1 ORDER BY 1

SELECT TO_CHAR(ordered_at, 'YYYY-MM') AS month, COUNT(DISTINCT customer_id) AS buyers FROM orders GROUP BY month

SELECT EXTRACT(hour FROM ordered_at) AS hour, COUNT(*) AS n FROM orders GROUP BY 1

SELECT DATE_PART(dow, ordered_at) AS dow, DATE_PART('week', ordered_at) AS week FROM orders

SELECT DATEDIFF(day, joined, GETDATE()) AS age_days FROM users

SELECT id FROM orders WHERE ordered_at >= DATEADD(month, -3, CURRENT_DATE)

SELECT id FROM orders WHERE ordered_at BETWEEN '2024-01-01' AND '2024-12-31'

SELECT id FROM orders WHERE ordered_at > TIMESTAMP '2024-01-01 00:00:00' - INTERVAL '7 days'

SELECT id FROM orders WHERE status IN ('paid', 'sent') AND NOT amount < 10.5 OR amount IS NULL

SELECT name FROM customers WHERE name LIKE 'A%' AND name NOT ILIKE '%inc%' ESCAPE '^'

SELECT email FROM users WHERE email ~ '^[a-z]+@' AND email SIMILAR TO '%@(a|b).com'

SELECT email FROM users WHERE REGEXP_COUNT(email, '\\.') > 1

SELECT CASE WHEN age < 20 THEN 'young' WHEN age < 60 THEN 'middle' ELSE 'old' END AS band, COUNT(*) AS n FROM users GROUP BY band

SELECT CASE gender WHEN 'f' THEN 1 ELSE 0 END AS is_f FROM users

SELECT COALESCE(age, 0) AS a, NVL(gender, '?') AS b, NULLIF(age, 0) AS c, NVL2(age, 1, 0) AS d FROM users

SELECT DECODE(gender, 'f', 'female', 'm', 'male', 'other') AS g FROM users

SELECT age::varchar, userid::numeric(12,2) AS u, CAST(age AS DOUBLE PRECISION) AS d FROM users

SELECT 'a' || gender || age::varchar AS label FROM users

SELECT ROUND(AVG(amount), 2) AS mean, STDDEV(amount) AS sd, VAR_POP(amount) AS v, MEDIAN(amount) AS m FROM orders

SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY amount) AS p50, PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY amount) AS p90 FROM orders

SELECT customer_id, LISTAGG(status, ', ') WITHIN GROUP (ORDER BY ordered_at) AS path FROM orders GROUP BY customer_id

SELECT APPROXIMATE COUNT(DISTINCT customer_id) AS buyers FROM orders

SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at) AS nth FROM orders

SELECT id, RANK() OVER (ORDER BY amount DESC) AS place, NTILE(4) OVER (ORDER BY amount) AS quartile FROM orders

SELECT id, LAG(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS previous FROM orders

SELECT id, LAG(amount, 1) IGNORE NULLS OVER (ORDER BY ordered_at) AS previous FROM orders

SELECT id, SUM(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at ROWS UNBOUNDED PRECEDING) AS total FROM orders

SELECT id, AVG(amount) OVER (ORDER BY ordered_at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS rolling FROM orders

SELECT id, amount / SUM(amount) OVER () AS share FROM orders

SELECT status, RATIO_TO_REPORT(SUM(amount)) OVER () AS share FROM orders GROUP BY status

SELECT id FROM orders AS o QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) = 1

SELECT status, COUNT(*) AS n, 100.0 * COUNT(*) / SUM(COUNT(*)) OVER () AS pct FROM orders GROUP BY status

WITH m AS (SELECT customer_id, SUM(amount) AS s FROM orders GROUP BY 1) SELECT AVG(s) AS mean FROM m

WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b

WITH a(x, y) AS (SELECT userid, age FROM users) SELECT x FROM a WHERE y > 3

WITH RECURSIVE d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d WHERE n < 10) SELECT n FROM d

SELECT c.country, SUM(o.amount) AS s FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country

SELECT u.userid FROM users u JOIN interactions i USING (userid) WHERE i.purchase = 1

SELECT userid, age, itemid FROM users NATURAL JOIN interactions

SELECT COUNT(*) AS n FROM users u, interactions i WHERE u.userid = i.userid

SELECT a.id FROM orders a LEFT JOIN orders b ON a.customer_id = b.customer_id AND b.ordered_at > a.ordered_at WHERE b.id IS NULL

SELECT id FROM orders FULL OUTER JOIN users ON userid = customer_id

SELECT 1 AS one FROM users CROSS JOIN orders

SELECT userid FROM users WHERE userid IN (SELECT userid FROM interactions WHERE purchase = 1)

SELECT userid FROM users u WHERE EXISTS (SELECT 1 FROM interactions i WHERE i.userid = u.userid)

SELECT userid FROM users u WHERE NOT EXISTS (SELECT * FROM interactions i WHERE i.userid = u.userid)

SELECT userid, (SELECT MAX(age) FROM users) AS oldest FROM users

SELECT s.n FROM (SELECT gender, COUNT(*) AS n FROM users GROUP BY gender) AS s

SELECT s.n FROM (SELECT COUNT(*) FROM users) AS s(n)

SELECT userid FROM users UNION ALL SELECT userid FROM interactions ORDER BY userid LIMIT 5

(SELECT userid FROM users) EXCEPT (SELECT userid FROM interactions)

SELECT userid FROM users INTERSECT SELECT userid FROM interactions

SELECT userid FROM users MINUS SELECT userid FROM interactions

SELECT gender, status, COUNT(*) AS n FROM users, orders GROUP BY GROUPING SETS ((gender), (status), ())

SELECT gender, COUNT(*) AS n FROM users GROUP BY CUBE (gender)

SELECT * FROM (SELECT status, amount FROM orders) PIVOT (SUM(amount) FOR status IN ('paid', 'sent' AS sent))

SELECT id FROM finance.archive

SELECT archive.total FROM finance.archive WHERE archive.total > 0

SELECT age FROM public.users

SELECT (age + 1) * 2 AS x, x / 3.0 AS y, -age AS z, age % 10 AS w, age ^ 2 AS p FROM users

SELECT ABS(feature1) AS a, LN(ABS(feature1)) AS b, SQRT(ABS(feature1)) AS c, FLOOR(feature1) AS d, POWER(feature1, 2) AS e FROM interactions

SELECT TRIM(name) AS a, UPPER(name) AS b, SUBSTRING(name, 1, 3) AS c, LEN(name) AS d, SPLIT_PART(name, ' ', 1) AS e FROM customers

SELECT TRIM(BOTH ' ' FROM name) AS a, SUBSTRING(name FROM 1 FOR 2) AS b, POSITION('a' IN name) AS c FROM customers

SELECT CONVERT_TIMEZONE('Asia/Tokyo', ordered_at) AS jst, ordered_at AT TIME ZONE 'UTC' AS utc FROM orders

SELECT TRUE AS yes, NULL AS nothing, 1e3 AS thousand, 'it''s' AS quoted, '日本語' AS japanese

SELECT BOOL_OR(amount > 5) AS a, MIN(status) AS b, ANY_VALUE(status) AS c FROM orders

SELECT id FROM orders WHERE (customer_id, status) IN (SELECT id, country FROM customers)

SELECT id FROM orders WHERE amount > ALL (SELECT total FROM finance.archive)

SELECT id FROM orders ORDER BY amount DESC NULLS LAST, id LIMIT ALL

SELECT '100%' AS a, 'a -- no comment' AS b, 'a; b' AS c, '/* x */' AS d

VALUES (1, 'a'), (2, 'b')

SELECT v.n FROM (VALUES (1), (2)) AS v(n)
