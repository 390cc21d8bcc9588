# Sales by time

SELECT DATE_TRUNC('month', ordered_at)::date AS month,
       COUNT(*) AS orders,
       COUNT(DISTINCT customer_id) AS buyers,
       SUM(amount) AS revenue,
       ROUND(SUM(amount) / NULLIF(COUNT(DISTINCT customer_id), 0), 2) AS per_buyer
FROM orders
WHERE status <> 'cancelled'
GROUP BY 1
ORDER BY 1;

WITH monthly AS (
    SELECT DATE_TRUNC('month', ordered_at) AS month, SUM(amount) AS revenue
    FROM orders
    GROUP BY 1
)
SELECT month, revenue,
       LAG(revenue) OVER (ORDER BY month) AS previous,
       ROUND(100.0 * (revenue - LAG(revenue) OVER (ORDER BY month)) / NULLIF(LAG(revenue) OVER (ORDER BY month), 0), 1) AS growth_pct
FROM monthly
ORDER BY month

SELECT TO_CHAR(ordered_at, 'YYYY-MM') AS ym, status, COUNT(*) AS n
FROM orders
GROUP BY TO_CHAR(ordered_at, 'YYYY-MM'), status
ORDER BY ym, status

SELECT EXTRACT(dow FROM ordered_at) AS weekday, EXTRACT(hour FROM ordered_at) AS hour, COUNT(*) AS n
FROM orders GROUP BY 1, 2 ORDER BY 1, 2

SELECT DATE_PART(year, ordered_at) AS y, DATE_PART(quarter, ordered_at) AS q, SUM(amount) AS revenue
FROM orders GROUP BY y, q ORDER BY y, q

SELECT CASE EXTRACT(dow FROM ordered_at) WHEN 0 THEN 'Sun' WHEN 6 THEN 'Sat' ELSE 'weekday' END AS kind, SUM(amount) AS s
FROM orders GROUP BY 1 ORDER BY 2 DESC NULLS LAST

-- the last complete month
SELECT SUM(amount) AS revenue FROM orders
WHERE ordered_at >= DATE_TRUNC('month', DATEADD(month, -1, GETDATE()))
  AND ordered_at <  DATE_TRUNC('month', GETDATE())

SELECT COUNT(*) AS n FROM orders WHERE ordered_at::date = CURRENT_DATE - 1

SELECT COUNT(*) AS n FROM orders WHERE TRUNC(ordered_at) BETWEEN LAST_DAY(DATEADD(month, -2, CURRENT_DATE)) + 1 AND LAST_DAY(CURRENT_DATE)

SELECT ordered_at::date AS day, SUM(amount) AS revenue,
       AVG(SUM(amount)) OVER (ORDER BY ordered_at::date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week_mean
FROM orders GROUP BY 1 ORDER BY 1

SELECT month, SUM(revenue) OVER (PARTITION BY DATE_PART(year, month) ORDER BY month ROWS UNBOUNDED PRECEDING) AS year_to_date
FROM (SELECT DATE_TRUNC('month', ordered_at) AS month, SUM(amount) AS revenue FROM orders GROUP BY 1) AS m
ORDER BY month

WITH RECURSIVE days(day) AS (
    SELECT '2024-01-01'::date
    UNION ALL
    SELECT (day + 1)::date FROM days WHERE day < '2024-01-10'
)
SELECT d.day, COUNT(o.id) AS orders
FROM days AS d LEFT JOIN orders AS o ON o.ordered_at::date = d.day
GROUP BY d.day ORDER BY d.day

SELECT this_year.m, this_year.revenue, last_year.revenue AS before
FROM (SELECT DATE_PART(month, ordered_at) AS m, SUM(amount) AS revenue FROM orders WHERE DATE_PART(year, ordered_at) = 2024 GROUP BY 1) AS this_year
LEFT JOIN (SELECT DATE_PART(month, ordered_at) AS m, SUM(amount) AS revenue FROM orders WHERE DATE_PART(year, ordered_at) = 2023 GROUP BY 1) AS last_year
  ON last_year.m = this_year.m
ORDER BY 1

# Customers

SELECT c.id, c.name, MIN(o.ordered_at) AS first_order, MAX(o.ordered_at) AS last_order,
       DATEDIFF(day, MAX(o.ordered_at), GETDATE()) AS recency, COUNT(o.id) AS frequency, COALESCE(SUM(o.amount), 0) AS monetary
FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id
GROUP BY c.id, c.name
ORDER BY monetary DESC, c.id

WITH rfm AS (
    SELECT customer_id,
           NTILE(5) OVER (ORDER BY MAX(ordered_at)) AS r,
           NTILE(5) OVER (ORDER BY COUNT(*)) AS f,
           NTILE(5) OVER (ORDER BY SUM(amount)) AS m
    FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id
)
SELECT r::varchar || f::varchar || m::varchar AS cell, COUNT(*) AS customers FROM rfm GROUP BY 1 ORDER BY 1

WITH first AS (SELECT customer_id, DATE_TRUNC('month', MIN(ordered_at)) AS cohort FROM orders GROUP BY 1)
SELECT f.cohort, DATEDIFF(month, f.cohort, o.ordered_at) AS age, COUNT(DISTINCT o.customer_id) AS active
FROM orders AS o JOIN first AS f ON f.customer_id = o.customer_id
GROUP BY 1, 2 ORDER BY 1, 2

SELECT country, COUNT(*) AS customers, RATIO_TO_REPORT(COUNT(*)) OVER () AS share
FROM customers GROUP BY country ORDER BY share DESC, country

SELECT name FROM customers AS c
WHERE NOT EXISTS (SELECT 1 FROM orders AS o WHERE o.customer_id = c.id)
ORDER BY name

SELECT c.country, SUM(o.amount) AS revenue, RANK() OVER (ORDER BY SUM(o.amount) DESC) AS place
FROM customers AS c JOIN orders AS o ON o.customer_id = c.id
GROUP BY c.country
QUALIFY RANK() OVER (ORDER BY SUM(o.amount) DESC) <= 3
ORDER BY place, c.country

SELECT customer_id, id, amount FROM (
    SELECT o.*, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC, id DESC) AS newest FROM orders AS o
) AS ranked WHERE newest = 1 ORDER BY customer_id

SELECT customer_id, DATEDIFF(day, LAG(ordered_at) OVER (PARTITION BY customer_id ORDER BY ordered_at), ordered_at) AS gap
FROM orders ORDER BY customer_id, ordered_at

SELECT CASE WHEN n = 1 THEN 'once' WHEN n < 5 THEN 'some' ELSE 'many' END AS bucket, COUNT(*) AS customers
FROM (SELECT customer_id, COUNT(*) AS n FROM orders GROUP BY customer_id) AS per GROUP BY 1 ORDER BY 1

SELECT SUM(CASE WHEN n > 1 THEN 1 ELSE 0 END)::float / COUNT(*) AS repeat_rate
FROM (SELECT customer_id, COUNT(*) AS n FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id) AS per

WITH ranked AS (
    SELECT customer_id, SUM(amount) AS s, SUM(SUM(amount)) OVER (ORDER BY SUM(amount) DESC ROWS UNBOUNDED PRECEDING) AS running,
           SUM(SUM(amount)) OVER () AS total
    FROM orders WHERE amount IS NOT NULL GROUP BY customer_id
)
SELECT customer_id, s, running / total AS cumulative FROM ranked ORDER BY s DESC

# Behaviour

WITH flagged AS (
    SELECT userid, "timestamp" AS at,
           CASE WHEN DATEDIFF(minute, LAG("timestamp") OVER (PARTITION BY userid ORDER BY "timestamp"), "timestamp") <= 30 THEN 0 ELSE 1 END AS starts
    FROM interactions
), numbered AS (
    SELECT userid, at, SUM(starts) OVER (PARTITION BY userid ORDER BY at ROWS UNBOUNDED PRECEDING) AS session FROM flagged
)
SELECT userid, session, MIN(at) AS began, COUNT(*) AS hits FROM numbered GROUP BY userid, session ORDER BY 1, 2

SELECT COUNT(DISTINCT CASE WHEN interactiontype = 'view' THEN userid END) AS viewed,
       COUNT(DISTINCT CASE WHEN interactiontype = 'add-to-cart' THEN userid END) AS added,
       COUNT(DISTINCT CASE WHEN interactiontype = 'purchase' THEN userid END) AS bought
FROM interactions

SELECT interactiontype, COUNT(*) AS n, 1.0 * SUM(purchase) / COUNT(*) AS rate, AVG(purchase::float) AS mean
FROM interactions GROUP BY interactiontype ORDER BY rate DESC NULLS LAST

SELECT userid, LISTAGG(interactiontype, ' > ') WITHIN GROUP (ORDER BY "timestamp") AS path
FROM interactions GROUP BY userid ORDER BY userid

SELECT a.itemid AS one, b.itemid AS other, COUNT(*) AS together
FROM interactions AS a JOIN interactions AS b ON a.userid = b.userid AND a.itemid < b.itemid
GROUP BY 1, 2 ORDER BY together DESC

SELECT u.gender, FLOOR(u.age / 10) * 10 AS decade, COUNT(DISTINCT u.userid) AS users, SUM(NVL(i.purchase, 0)) AS purchases
FROM users AS u LEFT JOIN interactions AS i USING (userid)
GROUP BY 1, 2 ORDER BY 1, 2

SELECT LEAST(GREATEST(age, 18), 65) AS clipped, COUNT(*) AS n FROM users GROUP BY 1 ORDER BY 1

SELECT AVG(feature1) AS mean, STDDEV_SAMP(feature1) AS sd, MIN(feature1) AS low, MAX(feature1) AS high,
       PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY feature1) AS q1, MEDIAN(feature1) AS q2,
       PERCENTILE_CONT(0.75) WITHIN GROUP (ORDER BY feature1) AS q3
FROM interactions

SELECT FLOOR(feature1 / 0.5) * 0.5 AS bin, COUNT(*) AS n FROM interactions WHERE feature1 IS NOT NULL GROUP BY 1 ORDER BY 1

SELECT (feature1 - AVG(feature1) OVER ()) / NULLIF(STDDEV(feature1) OVER (), 0) AS z FROM interactions

WITH m AS (SELECT AVG(feature1) AS mx, AVG(purchase::float) AS my FROM interactions)
SELECT SUM((feature1 - mx) * (purchase - my)) / SQRT(SUM(POWER(feature1 - mx, 2)) * SUM(POWER(purchase - my, 2))) AS r
FROM interactions CROSS JOIN m

SELECT userid FROM users WHERE userid NOT IN (SELECT userid FROM interactions WHERE userid IS NOT NULL) ORDER BY 1

SELECT MOD(userid, 10) AS bucket, COUNT(*) AS n FROM users GROUP BY 1 ORDER BY 1

# Quality of the data

SELECT COUNT(*) AS rows, COUNT(age) AS ages, COUNT(*) - COUNT(age) AS missing, 100.0 * (COUNT(*) - COUNT(age)) / COUNT(*) AS pct FROM users

SELECT email, COUNT(*) AS n FROM users GROUP BY email HAVING COUNT(*) > 1

SELECT COUNT(*) AS orphans FROM orders AS o LEFT JOIN customers AS c ON c.id = o.customer_id WHERE c.id IS NULL

SELECT 'users' AS name, COUNT(*) AS n FROM users
UNION ALL SELECT 'orders', COUNT(*) FROM orders
UNION ALL SELECT 'customers', COUNT(*) FROM customers
ORDER BY n DESC, name

SELECT MIN(ordered_at) AS first, MAX(ordered_at) AS last, DATEDIFF(day, MIN(ordered_at), MAX(ordered_at)) + 1 AS days FROM orders

SELECT status, COUNT(*) AS n FROM orders WHERE amount IS NULL OR amount <= 0 GROUP BY status ORDER BY status

SELECT id, amount FROM orders WHERE amount > (SELECT AVG(amount) + 2 * STDDEV(amount) FROM orders)

SELECT CASE WHEN email IS NULL THEN 'none' WHEN email NOT LIKE '%@%.%' THEN 'odd' ELSE 'fine' END AS quality, COUNT(*) AS n
FROM users GROUP BY quality ORDER BY quality

SELECT LEN(TRIM(name)) AS length, COUNT(*) AS n FROM customers GROUP BY 1 ORDER BY 1
