# Files

SELECT * FROM read_csv('/etc/passwd')

SELECT * FROM read_csv_auto('/etc/passwd')

SELECT * FROM read_parquet('s3://bucket/x')

SELECT * FROM read_json('x')

SELECT * FROM read_text('/etc/passwd') AS x

SELECT * FROM glob('/*')

SELECT * FROM sniff_csv('/etc/passwd')

SELECT * FROM parquet_metadata('x')

SELECT * FROM '/etc/passwd'

SELECT * FROM 'users.csv'

SELECT * FROM "/etc/passwd"

SELECT * FROM users, 'x.parquet' AS x

SELECT * FROM users JOIN 'x.parquet' AS x ON true

# Functions in place of a table

SELECT * FROM query('SELECT 1')

SELECT * FROM query_table('users')

SELECT * FROM duckdb_settings()

SELECT * FROM duckdb_secrets()

SELECT * FROM pragma_table_info('users')

SELECT * FROM range(10)

SELECT * FROM generate_series(1, 10) AS g

SELECT * FROM unnest([1,2]) AS x

SELECT * FROM pg_get_late_binding_view_cols() AS x

SELECT * FROM TABLE(f(1))

SELECT * FROM LATERAL f(1) AS x

SELECT * FROM users, LATERAL (SELECT 1 AS a) AS x

SELECT * FROM users CROSS JOIN LATERAL f(age) AS x

SELECT * FROM ROWS FROM (f(1)) AS x

SELECT * FROM dblink('host=x', 'SELECT 1') AS x(a INT)

# What the system keeps, secrets among it

SELECT usename FROM pg_user

SELECT * FROM pg_user_info

SELECT passwd FROM pg_shadow

SELECT * FROM pg_catalog.pg_class

SELECT * FROM pg_catalog.pg_shadow

SELECT * FROM pg_group

SELECT * FROM pg_table_def

SELECT * FROM pg_settings

SELECT * FROM pg_proc

SELECT * FROM pg_temp.x

SELECT * FROM information_schema.tables

SELECT * FROM information_schema.columns

SELECT * FROM svv_tables

SELECT * FROM svv_table_info

SELECT * FROM svv_user_grants

SELECT * FROM svv_external_schemas

SELECT * FROM svl_qlog

SELECT * FROM svl_statementtext

SELECT * FROM stl_query

SELECT * FROM stl_querytext

SELECT * FROM stl_connection_log

SELECT * FROM stv_recents

SELECT * FROM stv_sessions

SELECT * FROM svcs_query_summary

SELECT * FROM sys_query_history

SELECT * FROM sys_query_text

SELECT * FROM pg_internal.x

SELECT * FROM sqlite_master

SELECT * FROM duckdb_tables

SELECT * FROM secrets

# Other schemas and databases, and ways around

SELECT * FROM other.users

SELECT * FROM db.public.users

SELECT * FROM dev.finance.archive

SELECT * FROM "dev"."finance"."archive"

SELECT * FROM server.dev.finance.archive

SELECT * FROM users@other

SELECT * FROM #users

SELECT age FROM users JOIN pg_user ON true

SELECT age FROM users, pg_user

SELECT age FROM users WHERE EXISTS (SELECT 1 FROM pg_user)

SELECT age FROM users WHERE email IN (SELECT usename FROM pg_user)

SELECT (SELECT COUNT(*) FROM pg_user) AS a

SELECT age FROM users UNION SELECT usesysid FROM pg_user

WITH x AS (SELECT * FROM pg_user) SELECT * FROM x

WITH pg_user AS (SELECT * FROM pg_user) SELECT * FROM pg_user

SELECT * FROM (SELECT * FROM pg_user) PIVOT (COUNT(*) FOR usename IN ('a'))

SELECT pg_user.usename FROM users

SELECT pg_catalog.pg_user.usename FROM users

SELECT age FROM users ORDER BY (SELECT MAX(usesysid) FROM pg_user)

SELECT age FROM users LIMIT (SELECT 1 FROM pg_user)

SELECT age FROM users WHERE age > ANY (SELECT usesysid FROM pg_user)

# Where no table is expected: the lists of PIVOT and UNPIVOT, the size of a type, the name of another's WITH query

SELECT * FROM (SELECT gender, age FROM users) PIVOT (MAX(age) FOR gender IN ('f', (SELECT usename FROM pg_user) AS x))

SELECT * FROM (SELECT gender, age FROM users) PIVOT (MAX(age) FOR gender IN (UPPER('f')))

SELECT * FROM (SELECT gender, age FROM users) PIVOT (MAX((SELECT usename FROM pg_user)) FOR gender IN ('f'))

SELECT * FROM (SELECT userid, age FROM users) UNPIVOT (v FOR k IN (age AS (SELECT 1 FROM pg_user)))

SELECT * FROM (SELECT userid, age FROM users) UNPIVOT (v FOR k IN ((SELECT 1 FROM pg_user)))

SELECT CAST(age AS VARCHAR((SELECT 1 FROM pg_user))) AS a FROM users

SELECT age FROM (VALUES ((SELECT 1 FROM pg_user))) AS t(age)

VALUES ((SELECT 1 FROM pg_user))

SELECT * FROM (WITH pg_user AS (SELECT 1 AS usename) SELECT gender, age FROM users WHERE (SELECT usename FROM pg_user) = 1) AS s PIVOT (MAX((SELECT usename FROM pg_user)) FOR gender IN ('f'))

SELECT (WITH pg_user AS (SELECT 1 AS a) SELECT a FROM pg_user) + (SELECT COUNT(*) FROM pg_user) AS a

SELECT a FROM (WITH pg_user AS (SELECT 1 AS a) SELECT a FROM pg_user) AS t JOIN users ON EXISTS (SELECT 1 FROM pg_user)

WITH x AS (SELECT 1 AS a FROM pg_user), pg_user AS (SELECT 1 AS a) SELECT a FROM x

WITH RECURSIVE pg_user(a) AS (SELECT a FROM pg_user UNION ALL SELECT 1) SELECT a FROM pg_user
