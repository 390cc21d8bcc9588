SELECT u.userid AS userid,
       u.age AS age,
       COUNT(*) AS interactions,
       SUM(i.purchase) AS purchases,
       SUM(CASE WHEN i.interactiontype = 'purchase' THEN 1 ELSE 0 END) AS purchase_events
FROM (SELECT DISTINCT * FROM interactions) AS i
JOIN users AS u ON u.userid = i.userid
GROUP BY u.userid, u.age
ORDER BY u.userid
