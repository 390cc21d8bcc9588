# One after another

SELECT age FROM users; DROP TABLE users

SELECT age FROM users;; DELETE FROM users

SELECT age FROM users; SELECT age FROM users

SELECT age FROM users
;
	DROP TABLE users --

; DROP TABLE users

SELECT age FROM users; COMMIT; DROP TABLE users; BEGIN READ ONLY

SELECT age FROM users; END; DELETE FROM users

SELECT age FROM users; ABORT; DELETE FROM users

SELECT age FROM users; ROLLBACK; SET enable_x TO on

SELECT age FROM users -- first⟨U+000D⟩; DROP TABLE users

SELECT age FROM users /* ; */ ; /* */ DROP TABLE users

SELECT ';' AS a; DROP TABLE users

SELECT age FROM users WHERE email = ''; DROP TABLE users; --'

SELECT age FROM users WHERE email = 'a'';'; DROP TABLE users

SELECT age FROM users; -- and
INSERT INTO users VALUES (1)

SELECT age FROM users; UNLOAD ('SELECT 1') TO 's3://bucket/x'

SELECT age FROM users; SET query_group TO 'x'

SELECT age FROM users; FETCH ALL FROM c

SELECT age FROM users GO DROP TABLE users

SELECT age FROM users \g DROP TABLE users

SELECT age FROM users; \! id

VALUES (1); DROP TABLE users

WITH x AS (SELECT 1 AS a) SELECT a FROM x; DROP TABLE users

(SELECT age FROM users); (DELETE FROM users)

# Changes inside a query

WITH x AS (DELETE FROM users RETURNING *) SELECT * FROM x

WITH x AS (INSERT INTO users VALUES (1) RETURNING *) SELECT * FROM x

WITH x AS (UPDATE users SET age = 1 RETURNING *) SELECT * FROM x

WITH x AS (MERGE INTO users USING orders ON true WHEN MATCHED THEN DELETE) SELECT 1 AS a

WITH x AS (SELECT 1 AS a) DELETE FROM users

WITH x AS (SELECT 1 AS a) INSERT INTO users SELECT a FROM x

WITH x AS (SELECT 1 AS a) UPDATE users SET age = 1

WITH x AS (SELECT 1 AS a), y AS (DELETE FROM users RETURNING *) SELECT a FROM x

WITH RECURSIVE x(a) AS (SELECT 1 UNION ALL DELETE FROM users RETURNING 1) SELECT a FROM x

WITH x AS (DROP TABLE users) SELECT 1 AS a

WITH x AS (COPY users TO '/tmp/x') SELECT 1 AS a

SELECT * FROM (DELETE FROM users RETURNING *) AS x

SELECT * FROM (INSERT INTO users VALUES (1) RETURNING *) AS x

SELECT (DELETE FROM users RETURNING age) AS a

SELECT age FROM users WHERE userid IN (DELETE FROM users RETURNING userid)

SELECT age FROM users WHERE EXISTS (UPDATE users SET age = 1 RETURNING 1)

SELECT age FROM users UNION DELETE FROM users

SELECT age FROM users UNION ALL (INSERT INTO users VALUES (1) RETURNING age)

SELECT * FROM (CALL procedure()) AS x

SELECT * FROM (SHOW TABLES) AS x

SELECT * FROM (DESCRIBE users) AS x

SELECT * FROM (SUMMARIZE users) AS x

SELECT * FROM (EXPLAIN SELECT 1) AS x

SELECT * FROM (TABLE users) AS x

# INTO wherever it fits

SELECT age INTO copied FROM users

SELECT age INTO TABLE copied FROM users

SELECT age INTO TEMP copied FROM users

SELECT age INTO TEMPORARY TABLE copied FROM users

SELECT age INTO #copied FROM users

SELECT age INTO finance.copied FROM users

SELECT age FROM users INTO copied

SELECT age FROM users INTO OUTFILE '/tmp/x'

SELECT age FROM users UNION SELECT age INTO copied FROM users

SELECT age INTO copied FROM users UNION SELECT age FROM users

(SELECT age INTO copied FROM users)

((SELECT age INTO copied FROM users))

SELECT age FROM (SELECT age INTO copied FROM users) AS x

WITH x AS (SELECT age INTO copied FROM users) SELECT age FROM x

WITH x AS (SELECT age FROM users) SELECT age INTO copied FROM x

SELECT TOP 5 age INTO copied FROM users

SELECT DISTINCT age INTO copied FROM users

SELECT age /* */ INTO /* */ copied FROM users

SELECT age--
INTO--
copied FROM users

SELECT age -- hidden⟨U+000D⟩INTO copied
FROM users

SELECT age INTO "copied" FROM users

SELECT (SELECT age INTO copied FROM users) AS a

SELECT age FROM users WHERE EXISTS (SELECT 1 INTO copied FROM users)

# Locks

SELECT age FROM users FOR UPDATE

SELECT age FROM users FOR SHARE

SELECT age FROM users FOR NO KEY UPDATE SKIP LOCKED

SELECT age FROM (SELECT age FROM users FOR UPDATE) AS x
