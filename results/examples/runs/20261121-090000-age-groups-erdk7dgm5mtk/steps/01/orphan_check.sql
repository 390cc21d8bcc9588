SELECT COUNT(*) AS orphan_interactions
FROM (SELECT DISTINCT * FROM interactions) AS i
LEFT JOIN users AS u ON u.userid = i.userid
WHERE u.userid IS NULL
