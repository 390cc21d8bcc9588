# "ORDER BY clause": sorting up puts nulls last

SELECT qty FROM sales ORDER BY qty
--> [[10], [15], [20], [30], [null]]

# "ORDER BY clause": sorting down puts nulls first

SELECT qty FROM sales ORDER BY qty DESC
--> [[null], [30], [20], [15], [10]]

# "SELECT list": TOP

SELECT TOP 2 id FROM sales ORDER BY price DESC
--> [[2], [1]]

# "SELECT list": an alias used further right in the list

SELECT qty * 2 AS a, a + 1 AS b FROM sales WHERE id = 1
--> [[20, 21]]

# "SELECT list": an unaliased cast keeps its column's name

SELECT qty FROM (SELECT id, qty::float FROM sales) AS s WHERE id = 1
--> [[10.0]]

# "TRUNC function": TRUNC of a timestamp is its date

SELECT TRUNC(sold) AS d FROM sales WHERE id = 4
--> [["2024-03-04"]]

# "SELECT": a day compared with a text

SELECT id FROM sales WHERE day >= '2024-03-04' ORDER BY id
--> [[4], [5]]

# "LIKE": LIKE on a timestamp

SELECT id FROM sales WHERE sold LIKE '2024-03%' ORDER BY id
--> [[3], [4]]

# "LIKE": ILIKE on a column with nulls

SELECT id FROM sales WHERE note ILIKE 'red%' ORDER BY id
--> [[1], [2]]

# "SELECT": a Japanese text

SELECT LEN(note) AS a, LEFT(note, 2) AS b FROM sales WHERE id = 5
--> [[5, "東京"]]

# "JSON functions": JSON in a column

SELECT id, JSON_EXTRACT_PATH_TEXT(body, 'a', 'b', true) AS v FROM docs ORDER BY id
--> [[1, "x"], [2, null], [3, null]]

# "JSON functions": which texts are JSON

SELECT id, IS_VALID_JSON(body) AS v FROM docs ORDER BY id
--> [[1, true], [2, true], [3, false]]

# "PIVOT and UNPIVOT examples": PIVOT

SELECT * FROM (SELECT region, month, amount FROM monthly) PIVOT (SUM(amount) FOR month IN ('jan', 'feb' AS february)) AS p ORDER BY region
--> [["east", 11, 20], ["west", 5, null]]

# "PIVOT and UNPIVOT examples": PIVOT with a named aggregate

SELECT region, jan_n FROM (SELECT region, month FROM monthly) PIVOT (COUNT(*) AS n FOR month IN ('jan')) ORDER BY region
--> [["east", 2], ["west", 1]]

# "UNION, INTERSECT, and EXCEPT": MINUS

SELECT seller FROM sales MINUS SELECT 1
--> [[2], [3]]

# "UNION, INTERSECT, and EXCEPT": UNION removes duplicates

SELECT seller FROM sales UNION SELECT 9 ORDER BY 1
--> [[1], [2], [3], [9]]

# "WITH clause": a recursive query

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) AS v FROM n
--> [[10]]

# "SELECT": a correlated subquery

SELECT id FROM sales AS s WHERE price = (SELECT MAX(price) FROM sales AS t WHERE t.seller = s.seller) ORDER BY id
--> [[2], [3], [4], [5]]

# "EXISTS condition": EXISTS

SELECT DISTINCT region FROM monthly AS m WHERE EXISTS (SELECT 1 FROM sales WHERE qty = m.amount) ORDER BY 1
--> [["east"]]

# "IN condition": NOT IN with a null matches nothing

SELECT id FROM sales WHERE qty NOT IN (SELECT amount FROM monthly)
--> []

# "PIVOT and UNPIVOT examples": UNPIVOT leaves nulls out

SELECT * FROM (SELECT id, qty, seller FROM sales WHERE id > 3) UNPIVOT (amount FOR kind IN (qty, seller)) ORDER BY 1, 2
--> [[4, "qty", 15], [4, "seller", 2], [5, "seller", 3]]

# "PIVOT and UNPIVOT examples": UNPIVOT INCLUDE NULLS

SELECT * FROM (SELECT id, qty, seller FROM sales WHERE id = 5) UNPIVOT INCLUDE NULLS (amount FOR kind IN (qty, seller)) ORDER BY 2
--> [[5, "qty", null], [5, "seller", 3]]

# "PIVOT and UNPIVOT examples": two aggregates

SELECT * FROM (SELECT region, month, amount FROM monthly) PIVOT (MAX(amount) AS m, COUNT(*) AS n FOR month IN ('jan', 'feb')) ORDER BY 1
--> [["east", 10, 2, 20, 1], ["west", 5, 1, null, 1]]

# "BETWEEN condition": a day as the upper bound is its midnight

SELECT id FROM sales WHERE sold BETWEEN '2024-02-01' AND '2024-02-29'
--> []

# "Datetime literals": a compact date beside a date

SELECT id FROM sales WHERE day = '20240229' OR day IN ('20240303') OR day BETWEEN '20241201' AND '20241231' ORDER BY id
--> [[2], [3], [5]]

# "Boolean type"

SELECT id FROM sales WHERE paid IS NOT TRUE ORDER BY id
--> [[2], [4]]

# "Boolean type": a text beside it

SELECT id FROM sales WHERE paid = 'true' ORDER BY id
--> [[1], [3], [5]]

# "Character types": trailing blanks in a list, a subquery and a join

SELECT s.id FROM sales AS s JOIN (SELECT 'red fox  ' AS n) AS t ON s.note = t.n WHERE s.note IN ('red fox ', 'x') AND s.note IN (SELECT 'red fox   ' AS n)
--> [[1]]

# "ORDER BY clause": texts sort by their bytes, nulls last

SELECT note FROM sales ORDER BY note
--> [["Red Fox"], ["blue_whale"], ["red fox"], ["東京タワー"], [null]]

# "ORDER BY clause": NULLS FIRST

SELECT id FROM sales ORDER BY qty NULLS FIRST LIMIT 2
--> [[5], [1]]

# "UNION, INTERSECT, and EXCEPT": INTEGER and NUMERIC make NUMERIC

SELECT 1 AS a UNION SELECT 1.5 ORDER BY a
--> [["1.0"], ["1.5"]]

# "JOIN examples": a full join

SELECT m.amount, s.qty FROM (SELECT DISTINCT amount FROM monthly) AS m FULL JOIN sales AS s ON m.amount = s.qty ORDER BY 1, 2
--> [[1, null], [5, null], [10, 10], [20, 20], [null, 15], [null, 30], [null, null], [null, null]]

# "DATE_TRUNC function": weeks begin on Monday

SELECT DATE_TRUNC('week', sold)::date AS w, COUNT(*) AS n FROM sales GROUP BY 1 ORDER BY 1
--> [["2024-01-29", 1], ["2024-02-26", 2], ["2024-03-04", 1], ["2024-12-30", 1]]

# "Character types": trailing blanks beside ANY and ALL

SELECT id FROM sales WHERE note = ANY (SELECT 'red fox ' AS n UNION SELECT 'x') AND note <> ALL (SELECT 'Red Fox  ' AS n)
--> [[1]]

# "Computations with numeric values": shares of a sum of NUMERIC

SELECT seller, ROUND(100.0 * SUM(price) / SUM(SUM(price)) OVER (), 2) AS v FROM sales GROUP BY 1 ORDER BY 1
--> [[1, "94.35"], [2, "5.38"], [3, "0.27"]]

# "SELECT list": a column is nearer than an alias of its name

SELECT qty * 2 AS price, price + 1 AS x FROM sales WHERE id = 1
--> [[20, "101.00"]]

# "GROUP BY clause": a column is nearer than an alias of its name

SELECT UPPER(note) AS note, COUNT(*) AS n FROM sales WHERE seller = 1 GROUP BY note
--> [["RED FOX", 1], ["RED FOX", 1]]

# "ORDER BY clause": an alias is nearer than a column of its name

SELECT -id AS id FROM sales ORDER BY id LIMIT 2
--> [[-5], [-4]]

# "PIVOT and UNPIVOT examples": UNPIVOT with other names for its columns

SELECT * FROM (SELECT id, qty, seller FROM sales WHERE id > 3) UNPIVOT (amount FOR kind IN (qty AS 'q', seller AS 's')) ORDER BY 1, 2
--> [[4, "q", 15], [4, "s", 2], [5, "s", 3]]

# "WITH clause": beside a recursive query stands one that is not

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3), m AS (SELECT i FROM n UNION SELECT 9) SELECT i FROM m ORDER BY 1
--> [[1], [2], [3], [9]]

# "WITH clause": a day after the other

WITH RECURSIVE d(day) AS (SELECT date '2024-01-01' UNION ALL SELECT DATEADD(day, 1, day)::date FROM d WHERE day < '2024-01-03') SELECT day FROM d ORDER BY 1
--> [["2024-01-01"], ["2024-01-02"], ["2024-01-03"]]

# "UNION, INTERSECT, and EXCEPT": INTERSECT binds closer

SELECT 1 AS a UNION ALL SELECT 2 INTERSECT SELECT 3 ORDER BY a
--> [[1]]

SELECT 1 AS a UNION ALL SELECT 1 EXCEPT SELECT 1
--> []

SELECT 1 AS a UNION SELECT 1 UNION ALL SELECT 1
--> [[1], [1]]

# "UNION, INTERSECT, and EXCEPT": two nulls are duplicates

SELECT null AS a UNION SELECT null
--> [[null]]

# "UNION, INTERSECT, and EXCEPT": DATE and TIMESTAMP make TIMESTAMP

SELECT date '2024-01-01' AS a UNION SELECT timestamp '2024-01-01 10:00' ORDER BY 1
--> [["2024-01-01T00:00:00"], ["2024-01-01T10:00:00"]]

# "ORDER BY clause": inside an expression a name is the column

SELECT -id AS id FROM sales ORDER BY id + 0 LIMIT 1
--> [[-1]]

# "QUALIFY clause": inside its window a name is the column

SELECT id, -qty AS qty FROM sales AS s WHERE id < 3 QUALIFY ROW_NUMBER() OVER (ORDER BY qty) = 1
--> [[1, -10]]

# "HAVING clause": a column is nearer than an alias of its name

SELECT seller, -SUM(qty) AS qty FROM sales GROUP BY seller HAVING SUM(qty) > 35
--> [[1, -40]]

# "GROUP BY clause": a column grouped by part of it

SELECT seller % 2 AS seller, COUNT(*) AS n FROM sales GROUP BY 1 ORDER BY 1
--> [[0, 2], [1, 3]]

# "Names and identifiers": quoted ones are folded as well

SELECT "AGE" AS "Years" FROM users WHERE userid = 1
--> [[34]]

# "Aggregation extensions": CUBE, and ROLLUP of two

SELECT region, month, SUM(amount) AS s FROM monthly GROUP BY CUBE (region, month) ORDER BY 1, 2
--> [["east", "feb", 20], ["east", "jan", 11], ["east", null, 31], ["west", "feb", null], ["west", "jan", 5], ["west", null, 5], [null, "feb", 20], [null, "jan", 16], [null, null, 36]]

SELECT region, month, SUM(amount) AS s FROM monthly GROUP BY ROLLUP (region, month) ORDER BY 1, 2
--> [["east", "feb", 20], ["east", "jan", 11], ["east", null, 31], ["west", "feb", null], ["west", "jan", 5], ["west", null, 5], [null, null, 36]]

# "IN condition": rows of two, and a null in the list

SELECT id FROM sales WHERE (seller, qty) IN ((1, 10), (2, 15)) ORDER BY id
--> [[1], [4]]

SELECT id FROM sales WHERE qty NOT IN (10, NULL)
--> []

# "EXISTS condition": none larger

SELECT id FROM sales AS s WHERE NOT EXISTS (SELECT 1 FROM sales AS t WHERE t.qty > s.qty) ORDER BY id
--> [[2], [5]]

# "SELECT": a correlated subquery in the list

SELECT (SELECT MAX(qty) FROM sales AS t WHERE t.seller = s.seller) AS m, id FROM sales AS s ORDER BY id
--> [[30, 1], [30, 2], [20, 3], [20, 4], [null, 5]]

# "LIMIT and OFFSET clauses"

SELECT id FROM sales ORDER BY 1 DESC LIMIT 2 OFFSET 1
--> [[4], [3]]

# "Comparison condition": a text beside a NUMERIC and in a list of INTEGER

SELECT id FROM sales WHERE price = '10.000' OR qty IN ('10', '20') ORDER BY id
--> [[1], [3], [4]]

# "ORDER BY clause": false, true, null

SELECT id FROM sales ORDER BY paid, id
--> [[2], [1], [3], [5], [4]]

# "JOIN examples": rows without a partner

SELECT a.id FROM sales AS a LEFT JOIN monthly AS m ON m.amount = a.qty WHERE m.amount IS NULL ORDER BY 1
--> [[2], [4], [5]]

# "PIVOT and UNPIVOT examples": a value that nothing has counts 0

SELECT * FROM (SELECT region, month, amount FROM monthly) PIVOT (COUNT(amount) FOR month IN ('jan', 'mar')) ORDER BY 1
--> [["east", 2, 0], ["west", 1, 0]]

# "Comparison condition": rows of two, texts among them

SELECT id FROM sales WHERE (note, seller) = ('red fox', 1) OR (note, seller) IN (('Red Fox', 1), ('x', 2)) OR (seller, note) IN (SELECT 2, 'blue_whale') ORDER BY id
--> [[1], [2], [4]]

# "Datetime literals": a text in a column beside a date, and where a text and a date become one

SELECT id FROM sales WHERE day = LOWER('20240229')
--> [[2]]

SELECT CASE WHEN id = 1 THEN '20240105' ELSE day END AS v, NVL(NULL::date, '20240106') AS w FROM sales WHERE id = 1
--> [["2024-01-05", "2024-01-06"]]

# "DECODE expression": what it looks for is no date

SELECT DECODE(note, 'red fox', day, NULL) AS v FROM sales WHERE id = 1
--> [["2024-01-31"]]

# "Comparison condition", "IN condition": a null in a row is equal to nothing

SELECT id FROM sales WHERE (seller, qty) IN ((3, NULL), (1, 10)) OR (seller, qty) = (3, NULL)
--> [[1]]

SELECT id FROM sales WHERE (seller, qty) NOT IN ((3, 7)) ORDER BY id
--> [[1], [2], [3], [4]]

SELECT id FROM sales WHERE (seller, qty) IN (SELECT 3, NULL)
--> []
