# "AVG function": AVG of integers drops the fraction

SELECT AVG(qty) AS v FROM sales
--> [[18]]

# "AVG function": AVG(DISTINCT) of integers too

SELECT AVG(DISTINCT qty) AS v FROM sales WHERE qty < 30
--> [[15]]

# "AVG function": AVG of floats keeps it

SELECT AVG(qty::float) AS v FROM sales
--> [[18.75]]

# "AVG function": AVG of NUMERIC keeps the scale of its argument

SELECT AVG(price) AS v FROM sales
--> [["74.30"]]

# "AVG function": AVG of nothing is null

SELECT AVG(qty) AS v FROM sales WHERE id > 99
--> [[null]]

# "SUM function": a sum of INTEGER is BIGINT and divides as one

SELECT SUM(qty) / COUNT(*) AS v FROM sales
--> [[15]]

# "SUM function": a sum of BIGINT is NUMERIC(38,0) and divides with 4 decimals

SELECT SUM(big) / COUNT(*) AS v FROM sales WHERE id > 1
--> [["1.5000"]]

# "SUM function": a sum of NUMERIC is exact

SELECT SUM(price) AS v FROM sales
--> [["371.50"]]

# "COUNT function": counting

SELECT COUNT(*) AS a, COUNT(qty) AS b, COUNT(DISTINCT price) AS c, APPROXIMATE COUNT(DISTINCT seller) AS d FROM sales
--> [[5, 4, 4, 3]]

# "MEDIAN function": MEDIAN

SELECT MEDIAN(qty) AS v FROM sales
--> [[17.5]]

# "PERCENTILE_CONT function": PERCENTILE_CONT interpolates

SELECT PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY price) AS v FROM sales
--> [[10.0]]

# "PERCENTILE_CONT function": PERCENTILE_CONT downwards

SELECT PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY price DESC) AS v FROM sales
--> [[100.0]]

# "STDDEV_SAMP function": STDDEV is of the sample

SELECT STDDEV(qty) AS v FROM sales WHERE seller = 1
--> [[14.142135623730951]]

# "LISTAGG function": LISTAGG in order

SELECT LISTAGG(seller, ', ') WITHIN GROUP (ORDER BY id DESC) AS v FROM sales
--> [["3, 2, 2, 1, 1"]]

# "LISTAGG function": LISTAGG(DISTINCT)

SELECT LISTAGG(DISTINCT region, '|') WITHIN GROUP (ORDER BY region) AS v FROM monthly
--> [["east|west"]]

# "LISTAGG function": LISTAGG without a delimiter

SELECT LISTAGG(seller) WITHIN GROUP (ORDER BY id) AS v FROM sales
--> [["11223"]]

# "SELECT": grouping by a month

SELECT DATE_TRUNC('month', sold) AS m, SUM(price) AS v FROM sales GROUP BY 1 ORDER BY 1 LIMIT 2
--> [["2024-01-01T00:00:00", "100.00"], ["2024-02-01T00:00:00", "250.50"]]

# "TO_CHAR function": TO_CHAR of a column

SELECT TO_CHAR(sold, 'YYYY-MM') AS m, COUNT(*) AS n FROM sales GROUP BY m ORDER BY m
--> [["2024-01", 1], ["2024-02", 1], ["2024-03", 2], ["2024-12", 1]]

# "SELECT": the last 700 days

SELECT COUNT(*) AS n FROM sales WHERE sold > DATEADD(day, -700, GETDATE())
--> [[1]]

# "Aggregation extensions": ROLLUP

SELECT region, SUM(amount) AS v FROM monthly GROUP BY ROLLUP (region) ORDER BY region
--> [["east", 31], ["west", 5], [null, 36]]

# "BOOL_AND and BOOL_OR functions": BOOL_OR and BOOL_AND

SELECT BOOL_OR(paid) AS a, BOOL_AND(paid) AS b FROM sales
--> [[true, false]]

# "SELECT": a case sum

SELECT SUM(CASE WHEN paid THEN 1 ELSE 0 END) AS v FROM sales
--> [[3]]

# "SUM function": an empty sum is null, an empty count 0

SELECT SUM(qty) AS a, COUNT(qty) AS b, MIN(qty) AS c FROM sales WHERE id > 99
--> [[null, 0, null]]

# "STDDEV_SAMP and STDDEV_POP functions": of one row

SELECT STDDEV(qty) AS a, STDDEV_POP(qty) AS b, VARIANCE(qty) AS c FROM sales WHERE id = 1
--> [[null, 0.0, null]]

# "VAR_SAMP and VAR_POP functions"

SELECT VAR_SAMP(qty) AS a, VAR_POP(qty) AS b FROM sales WHERE seller = 1
--> [[200.0, 100.0]]

# "SUM function": a product of two NUMERIC keeps both scales

SELECT SUM(price * fee) AS v FROM sales
--> [["10943.9400"]]

# "Computations with numeric values": a quotient of two sums keeps 4 decimals

SELECT SUM(price) / SUM(fee) AS v FROM sales
--> [["6.6661"]]

# "Computations with numeric values": NUMERIC times a literal

SELECT SUM(price) * 1.1 AS v FROM sales
--> [["408.650"]]

# "Computations with numeric values": NUMERIC by INTEGER

SELECT price / qty AS v FROM sales WHERE id = 2
--> [["8.3500000000000"]]

# "ROUND function": what integer division has dropped does not come back

SELECT ROUND(SUM(qty) / COUNT(*), 2) AS v FROM sales
--> [[15]]

# "ROUND function" of a quotient

SELECT ROUND(price / 3, 2) AS v FROM sales WHERE id = 2
--> [["83.50"]]

# "COUNT function": nulls are not counted

SELECT COUNT(DISTINCT note) AS a, COUNT(note) AS b, COUNT(CASE WHEN paid THEN 1 END) AS c FROM sales
--> [[4, 4, 3]]

# "MAX and MIN functions": texts compare by their bytes

SELECT MAX(note) AS a, MIN(note) AS b FROM sales
--> [["東京タワー", "Red Fox"]]

# "LISTAGG function": nulls sort last upwards

SELECT LISTAGG(id, ',') WITHIN GROUP (ORDER BY qty) AS v FROM sales
--> [["1,4,3,2,5"]]

# "LISTAGG function": nulls sort first downwards

SELECT LISTAGG(id, ',') WITHIN GROUP (ORDER BY qty DESC) AS v FROM sales
--> [["5,2,3,4,1"]]

# "LISTAGG function": null values are left out

SELECT LISTAGG(note, ',') WITHIN GROUP (ORDER BY id) AS v FROM sales WHERE id IN (2, 3)
--> [["Red Fox"]]

# "AVG function" of a CASE keeps the scale of its NUMERIC

SELECT AVG(CASE WHEN paid THEN 1.0 ELSE 0 END) AS v FROM sales
--> [["0.6"]]

# "Aggregation extensions": GROUPING SETS

SELECT region, month, SUM(amount) AS v FROM monthly GROUP BY GROUPING SETS ((region), (month)) ORDER BY 1, 2
--> [["east", null, 31], ["west", null, 5], [null, "feb", 20], [null, "jan", 16]]

# "GROUP BY clause": ALL

SELECT region, SUM(amount) AS v FROM monthly GROUP BY ALL ORDER BY region
--> [["east", 31], ["west", 5]]

# "HAVING clause"

SELECT seller, SUM(qty) AS s FROM sales GROUP BY seller HAVING SUM(qty) > 30 ORDER BY s DESC
--> [[1, 40], [2, 35]]

# "HAVING clause" without groups

SELECT COUNT(*) AS n FROM sales HAVING COUNT(*) > 9
--> []

# "Aggregate functions": DISTINCT, and NUMERIC averages to their scale

SELECT SUM(DISTINCT price) AS s, AVG(DISTINCT price) AS a, AVG(weight) AS w FROM sales
--> [["361.50", "90.38", 2.125]]

# "LISTAGG function": numbers, dates, nothing at all

SELECT LISTAGG(price, ',') WITHIN GROUP (ORDER BY price, id) AS p, LISTAGG(weight, ',') WITHIN GROUP (ORDER BY price, id) AS w FROM sales
--> [["1.00,10.00,10.00,100.00,250.50", "0.5,4,1.5,2.5"]]

SELECT LISTAGG(day, ',') WITHIN GROUP (ORDER BY id) AS v FROM sales WHERE id < 3
--> [["2024-01-31,2024-02-29"]]

SELECT LISTAGG(note, ',') AS v FROM sales WHERE note IS NULL
--> [[null]]

# "ORDER BY clause": by an aggregate that is not selected

SELECT seller FROM sales GROUP BY seller ORDER BY MAX(id) DESC
--> [[3], [2], [1]]
