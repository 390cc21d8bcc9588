SELECT d.userid AS userid,
       EXTRACT(YEAR FROM timestamp) AS event_year,
       EXTRACT(MONTH FROM timestamp) AS event_month,
       EXTRACT(HOUR FROM timestamp) AS hour_of_day,
       CASE WHEN timestamp = DATE_TRUNC('day', timestamp) THEN 1 ELSE 0 END AS at_midnight,
       CASE WHEN d.interactiontype = 'purchase' THEN 1 ELSE 0 END AS is_purchase_event,
       d.purchase AS purchase
FROM (SELECT DISTINCT userid, timestamp, itemid, interactiontype, feature1, feature2, purchase FROM interactions) AS d
