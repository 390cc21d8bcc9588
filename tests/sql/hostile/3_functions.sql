# Functions of the server

SELECT pg_sleep(100) AS a

SELECT pg_terminate_backend(1) AS a

SELECT pg_cancel_backend(1) AS a

SELECT pg_terminate_backend(pid) AS a FROM users

SELECT set_config('a', 'b', false) AS a

SELECT current_setting('a') AS a

SELECT pg_backend_pid() AS a

SELECT pg_last_copy_id() AS a

SELECT pg_last_query_id() AS a

SELECT pg_last_unload_count() AS a

SELECT pg_get_session_roles() AS a

SELECT pg_reload_conf() AS a

SELECT pg_advisory_lock(1) AS a

SELECT pg_try_advisory_lock(1) AS a

SELECT txid_current() AS a

SELECT nextval('s') AS a

SELECT setval('s', 1) AS a

SELECT currval('s') AS a

SELECT lastval() AS a

SELECT change_query_priority(1, 'Critical') AS a

SELECT change_session_priority(1, 'Critical') AS a

SELECT change_user_priority('u', 'Critical') AS a

SELECT mv_refresh('v') AS a

SELECT inject_error('x') AS a

SELECT user_is_member_of('a', 'b') AS a

SELECT has_table_privilege('users', 'select') AS a

SELECT version() AS a

SELECT current_user AS a

SELECT session_user AS a

SELECT current_user_id AS a

SELECT current_database() AS a

SELECT current_schema() AS a

SELECT current_schemas(true) AS a

SELECT current_namespace AS a

SELECT inet_server_addr() AS a

# Files, programs and other servers

SELECT lo_import('/etc/passwd') AS a

SELECT lo_export(1, '/tmp/x') AS a

SELECT lo_create(0) AS a

SELECT lo_unlink(1) AS a

SELECT pg_read_file('/etc/passwd') AS a

SELECT pg_ls_dir('/') AS a

SELECT dblink('host=x', 'DROP TABLE users') AS a

SELECT dblink_exec('host=x', 'DROP TABLE users') AS a

SELECT query('DROP TABLE users') AS a

SELECT query_to_xml('DELETE FROM users', true, true, '') AS a

SELECT getenv('HOME') AS a

SELECT read_text('/etc/passwd') AS a

SELECT read_blob('/etc/passwd') AS a

SELECT write_log('x') AS a

SELECT getvariable('x') AS a

SELECT system('id') AS a

SELECT load_extension('x') AS a

SELECT http_get('https://example.com') AS a

# Functions that somebody defined, models and macros

SELECT my_udf(age) AS a FROM users

SELECT f_sql(age) AS a FROM users

SELECT finance.f(age) AS a FROM users

SELECT public.upper(email) AS a FROM users

SELECT pg_catalog.upper(email) AS a FROM users

SELECT exfunc_charge_card(userid) AS a FROM users

SELECT predict_churn(age, gender) AS a FROM users

SELECT EXPLAIN_MODEL('m') AS a

SELECT aws_sagemaker.invoke('e', age) AS a FROM users

SELECT bedrock_invoke('x') AS a

SELECT kaiseki_integer('1') AS a

# However the name is written

SELECT pg_catalog.pg_sleep(1) AS a

SELECT "pg_sleep"(1) AS a

SELECT "PG_SLEEP"(1) AS a

SELECT pg_catalog."pg_sleep"(1) AS a

SELECT "pg_catalog"."pg_sleep"(1) AS a

SELECT "count"(*) AS a FROM users

SELECT "upper"(email) AS a FROM users

SELECT PG_Sleep(1) AS a

SELECT pg_sleep (1) AS a

SELECT pg_sleep/**/(1) AS a

SELECT pg_sleep--
(1) AS a

SELECT ｐｇ_ｓｌｅｅｐ(1) AS a

SELECT pg_sleep⟨U+00A0⟩(1) AS a

# Wherever a function may stand

SELECT age FROM users WHERE pg_sleep(10) IS NULL

SELECT age FROM users ORDER BY pg_sleep(10)

SELECT COUNT(*) AS n FROM users GROUP BY pg_sleep(1)

SELECT COUNT(*) AS n FROM users HAVING pg_sleep(1) IS NULL

SELECT age FROM users QUALIFY pg_sleep(1) IS NULL

SELECT age FROM users LIMIT pg_sleep(1)

SELECT age FROM users LIMIT 1 OFFSET pg_sleep(1)

SELECT age FROM users JOIN orders ON pg_sleep(1) IS NULL

SELECT CASE WHEN age > 1 THEN pg_sleep(1) END AS a FROM users

SELECT SUM(pg_sleep(1)) AS a FROM users

SELECT ROW_NUMBER() OVER (PARTITION BY pg_sleep(1) ORDER BY age) AS a FROM users

SELECT LISTAGG(email, pg_sleep(1)) WITHIN GROUP (ORDER BY age) AS a FROM users

SELECT LISTAGG(email) WITHIN GROUP (ORDER BY pg_sleep(1)) AS a FROM users

SELECT age::varchar || pg_sleep(1) AS a FROM users

SELECT age FROM users WHERE age IN (1, pg_sleep(1))

SELECT age FROM users WHERE age BETWEEN 1 AND pg_sleep(1)

SELECT EXTRACT(year FROM pg_sleep(1)) AS a

SELECT DATEADD(day, pg_sleep(1), joined) AS a FROM users

SELECT * FROM (SELECT gender, age FROM users) PIVOT (pg_sleep(age) FOR gender IN ('f'))

SELECT v.a FROM (VALUES (pg_sleep(1))) AS v(a)

VALUES (pg_sleep(1))

WITH x AS (SELECT pg_sleep(1) AS a) SELECT 1 AS b

SELECT error('x') AS a
