SELECT i.interactiontype AS interactiontype,
       COUNT(*) AS interactions,
       SUM(i.purchase) AS purchase_flags
FROM (SELECT DISTINCT * FROM interactions) AS i
GROUP BY i.interactiontype
ORDER BY interactions DESC
