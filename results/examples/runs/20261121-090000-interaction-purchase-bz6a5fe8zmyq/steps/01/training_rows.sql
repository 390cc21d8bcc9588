SELECT
  t1.purchase AS target,
  t1.userid AS row_group,
  t1."timestamp" AS column_1,
  t1.interactiontype AS column_2,
  t1.feature1 AS column_3,
  t1.feature2 AS column_4,
  t2.age AS column_5,
  t2.gender AS column_6,
  t1.itemid AS other_1
FROM interactions AS t1
LEFT JOIN users AS t2 ON t1.userid = t2.userid
