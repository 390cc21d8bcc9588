SELECT
  (SELECT COUNT(*) FROM interactions) AS rows_raw,
  (SELECT COUNT(*) FROM (SELECT DISTINCT * FROM interactions) AS t) AS rows_distinct
