SELECT u.age AS age,
       COUNT(DISTINCT u.userid) AS users,
       COUNT(i.userid) AS interactions,
       SUM(i.purchase) AS purchase_flags,
       SUM(CASE WHEN i.interactiontype = 'purchase' THEN 1 ELSE 0 END) AS purchase_events
FROM users AS u
LEFT JOIN (SELECT DISTINCT * FROM interactions) AS i ON i.userid = u.userid
GROUP BY u.age
ORDER BY u.age
