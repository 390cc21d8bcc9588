# "Querying semistructured data", Navigation: steps by name and number, null where there is nothing

SELECT id, e.body.page.path::varchar AS path, body.page.ms::int AS ms FROM events AS e ORDER BY id
--> [[1, null, null], [2, "/top", 35], [3, null, null]]

SELECT id, body.items[0].sku::varchar AS sku, body.items[9].sku::varchar AS none FROM events ORDER BY id
--> [[1, "a", null], [2, null, null], [3, null, null]]

SELECT id, body.kind FROM events WHERE id < 3 ORDER BY id
--> [[1, "\"order\""], [2, "\"visit\""]]

SELECT body.total::decimal(8,2) AS a, body.total::float AS b FROM events WHERE id = 1
--> [["120.50", 120.5]]

# "Querying semistructured data", Unnesting queries

SELECT e.id, i.sku::varchar AS sku, i.qty::int AS qty FROM events AS e, e.body.items AS i ORDER BY 1, 2
--> [[1, "a", 2], [1, "b", 1]]

SELECT i.sku::varchar AS sku, SUM(i.qty::int) AS n FROM events AS e, e.body.items AS i WHERE i.qty > 1 GROUP BY 1
--> [["a", 2]]

SELECT COUNT(*) AS n FROM events AS e, e.body.missing AS m
--> [[0]]

# "Querying semistructured data", Dynamic typing: another kind is not equal, and no error

SELECT id FROM events WHERE body.kind = 'order'
--> [[1]]

SELECT id FROM events WHERE body.total > 100
--> [[1]]

SELECT id FROM events WHERE body.kind = 5 OR body.total = 'x'
--> []

SELECT id FROM events WHERE body.items IS NULL ORDER BY id
--> [[3]]

# "JSON_PARSE function", "JSON_SERIALIZE function", "JSON_TYPEOF function", "GET_ARRAY_LENGTH function", "IS_ARRAY function"

SELECT p.j.channel::varchar AS channel FROM (SELECT id, JSON_PARSE(note) AS j FROM orders WHERE IS_VALID_JSON(note)) AS p ORDER BY p.id
--> [["web"], ["shop"], [null]]

SELECT JSON_SERIALIZE(JSON_PARSE('{"a":[1,2]}')) AS v
--> [["{\"a\":[1,2]}"]]

SELECT id, JSON_TYPEOF(body.items) AS a, JSON_TYPEOF(body.total) AS b, JSON_TYPEOF(body.kind) AS c, JSON_TYPEOF(body) AS d FROM events WHERE id = 1
--> [[1, "array", "number", "string", "object"]]

SELECT id, GET_ARRAY_LENGTH(body.items) AS a, IS_ARRAY(body.items) AS b, IS_OBJECT(body) AS c FROM events WHERE id < 3 ORDER BY id
--> [[1, 2, true, true], [2, 0, true, true]]

SELECT JSON_PARSE('[1,2,3]')[1]::int AS a, GET_ARRAY_LENGTH(JSON_PARSE('[1,2,3]')) AS b, JSON_TYPEOF(JSON_PARSE('null')) AS c
--> [[2, 3, "null"]]
