SELECT
  (SELECT COUNT(*) FROM interactions) AS rows_raw,
  (SELECT COUNT(*) FROM (SELECT DISTINCT * FROM interactions) AS d) AS rows_distinct,
  (SELECT COUNT(*) FROM users) AS users_raw,
  (SELECT COUNT(*) FROM (SELECT DISTINCT * FROM users) AS u) AS users_distinct
