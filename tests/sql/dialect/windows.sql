# "AVG function": AVG over a window drops the fraction

SELECT id, AVG(qty) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS v FROM sales WHERE id < 5 ORDER BY id
--> [[1, 10], [2, 20], [3, 20], [4, 18]]

# "Computations with numeric values": percentages by 100.0

SELECT seller, 100.0 * COUNT(*) / SUM(COUNT(*)) OVER () AS v FROM sales GROUP BY seller ORDER BY seller
--> [[1, "40.000000000000000"], [2, "40.000000000000000"], [3, "20.000000000000000"]]

# "PERCENTILE_CONT function": PERCENTILE_CONT over a window

SELECT DISTINCT seller, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY qty) OVER (PARTITION BY seller) AS v FROM sales WHERE seller < 3 ORDER BY seller
--> [[1, 20.0], [2, 17.5]]

# "LISTAGG function": LISTAGG over a window

SELECT id, LISTAGG(id, '+') WITHIN GROUP (ORDER BY id) OVER (PARTITION BY seller) AS v FROM sales ORDER BY id
--> [[1, "1+2"], [2, "1+2"], [3, "3+4"], [4, "3+4"], [5, "5"]]

# "RATIO_TO_REPORT window function": RATIO_TO_REPORT

SELECT id, RATIO_TO_REPORT(qty) OVER (PARTITION BY seller) AS v FROM sales WHERE seller = 1 ORDER BY id
--> [[1, 0.25], [2, 0.75]]

# "LAG and LEAD window functions": LAG and LEAD

SELECT id, LAG(qty) OVER (ORDER BY id) AS a, LEAD(qty, 2) OVER (ORDER BY id) AS b FROM sales ORDER BY id
--> [[1, null, 20], [2, 10, 15], [3, 30, null], [4, 20, null], [5, 15, null]]

# "FIRST_VALUE and LAST_VALUE window functions": LAST_VALUE ignoring nulls

SELECT id, LAST_VALUE(qty) IGNORE NULLS OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS v FROM sales ORDER BY id
--> [[1, 10], [2, 30], [3, 20], [4, 15], [5, 15]]

# "RANK, DENSE_RANK, NTILE window functions": ranks

SELECT id, RANK() OVER (ORDER BY price) AS a, DENSE_RANK() OVER (ORDER BY price) AS b, NTILE(2) OVER (ORDER BY id) AS c FROM sales ORDER BY id
--> [[1, 4, 3, 1], [2, 5, 4, 1], [3, 2, 2, 1], [4, 2, 2, 2], [5, 1, 1, 2]]

# "QUALIFY clause": QUALIFY

SELECT seller, id FROM sales AS s QUALIFY ROW_NUMBER() OVER (PARTITION BY seller ORDER BY id DESC) = 1 ORDER BY 1
--> [[1, 2], [2, 4], [3, 5]]

# "ROW_NUMBER window function": nulls come first downwards

SELECT id, ROW_NUMBER() OVER (ORDER BY qty DESC) AS v FROM sales ORDER BY id
--> [[1, 5], [2, 2], [3, 3], [4, 4], [5, 1]]

# "RANK window function": nulls come last upwards

SELECT id, RANK() OVER (ORDER BY weight) AS v FROM sales ORDER BY id
--> [[1, 2], [2, 3], [3, 5], [4, 4], [5, 1]]

# "FIRST_VALUE window function": nulls count unless ignored

SELECT id, FIRST_VALUE(qty) OVER (ORDER BY qty DESC ROWS UNBOUNDED PRECEDING) AS a, FIRST_VALUE(qty) IGNORE NULLS OVER (ORDER BY qty DESC ROWS UNBOUNDED PRECEDING) AS b FROM sales ORDER BY id
--> [[1, null, 30], [2, null, 30], [3, null, 30], [4, null, 30], [5, null, null]]

# "NTH_VALUE window function"

SELECT id, NTH_VALUE(id, 2) OVER (PARTITION BY seller ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS v FROM sales ORDER BY id
--> [[1, 2], [2, 2], [3, 4], [4, 4], [5, null]]

# "PERCENT_RANK and CUME_DIST window functions"

SELECT id, PERCENT_RANK() OVER (ORDER BY price) AS a, CUME_DIST() OVER (ORDER BY price) AS b FROM sales ORDER BY id
--> [[1, 0.75, 0.8], [2, 1.0, 1.0], [3, 0.25, 0.6], [4, 0.25, 0.6], [5, 0.0, 0.2]]

# "MEDIAN window function"

SELECT id, MEDIAN(qty) OVER (PARTITION BY seller) AS v FROM sales ORDER BY id
--> [[1, 20.0], [2, 20.0], [3, 17.5], [4, 17.5], [5, null]]

# "PERCENTILE_DISC window function"

SELECT id, PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY qty) OVER (PARTITION BY seller) AS v FROM sales ORDER BY id
--> [[1, 10], [2, 10], [3, 15], [4, 15], [5, null]]

# "SUM window function": a running sum

SELECT id, SUM(qty) OVER (PARTITION BY seller ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS v FROM sales ORDER BY id
--> [[1, 10], [2, 40], [3, 20], [4, 35], [5, null]]

# "Window function syntax summary": a frame of three rows

SELECT id, SUM(qty) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS v FROM sales ORDER BY id
--> [[1, 40], [2, 60], [3, 65], [4, 35], [5, 15]]

# "LAG window function": days since the sale before

SELECT id, DATEDIFF(day, LAG(sold) OVER (ORDER BY sold), sold) AS v FROM sales ORDER BY id
--> [[1, null], [2, 29], [3, 3], [4, 1], [5, 301]]

# "LAG window function": ignoring nulls

SELECT id, LAG(weight) IGNORE NULLS OVER (ORDER BY id) AS v FROM sales ORDER BY id
--> [[1, null], [2, 1.5], [3, 2.5], [4, 2.5], [5, 4.0]]

# "SUM window function": a sum of sums

SELECT id, SUM(SUM(qty)) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS v FROM sales GROUP BY id ORDER BY id
--> [[1, 10], [2, 40], [3, 60], [4, 75], [5, 75]]

# "Window function syntax summary": a frame of the row and the one before

SELECT id, SUM(qty) OVER (ORDER BY id ROWS 1 PRECEDING) AS v FROM sales ORDER BY id
--> [[1, 10], [2, 40], [3, 50], [4, 35], [5, 15]]

# "LEAD window function": ignoring nulls

SELECT id, LEAD(note) IGNORE NULLS OVER (ORDER BY id) AS v FROM sales ORDER BY id
--> [[1, "Red Fox"], [2, "blue_whale"], [3, "blue_whale"], [4, "東京タワー"], [5, null]]

# "NTILE window function": the first groups are larger

SELECT id, NTILE(3) OVER (ORDER BY id) AS n FROM sales ORDER BY id
--> [[1, 1], [2, 1], [3, 2], [4, 2], [5, 3]]

# "RANK window function": NULLS LAST downwards

SELECT id, RANK() OVER (PARTITION BY seller ORDER BY qty DESC NULLS LAST) AS v FROM sales ORDER BY id
--> [[1, 2], [2, 1], [3, 1], [4, 2], [5, 1]]

# "AVG window function": of NUMERIC keeps its scale

SELECT id, AVG(price) OVER (PARTITION BY seller) AS v FROM sales ORDER BY id
--> [[1, "175.25"], [2, "175.25"], [3, "10.00"], [4, "10.00"], [5, "1.00"]]
