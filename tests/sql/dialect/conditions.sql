# "COALESCE function", "NVL2 function", "NULLIF function", "GREATEST and LEAST functions", "DECODE expression"

greatest(1, null, 3) --> 3
least(2, 1, null) --> 1
nvl(null, 12, null) --> 12
coalesce(null, 'Amazon Redshift', null) --> "Amazon Redshift"
nvl2(null, 'set', 'unset') --> "unset"
nullif(5, 5) --> null
decode(null, null, 1, 2) --> 1
decode('NFL', 'NHL', 'hockey', 'NFL', 'football', 'other') --> "football"
decode(3, 1, 'a', 2, 'b') --> null
nullif('a ', 'a') --> null
decode('a ', 'a', 1, 2) --> 1
greatest('a', 'b') --> "b"
greatest(null, null) --> null
least(1, 2.5) --> "1.0"
nvl(null, 1) --> 1
coalesce(null, null) --> null
nvl2(1, 'a', 'b') --> "a"
nullif(1, 1.0) --> null

# "CASE conditional expression"; "Comparison condition", "Logical condition", "Null condition"

case when 1 > 2 then 1 else 2.5 end --> "2.5"
(1 in (1, null)) is true --> true
case 'a ' when 'a' then 1 else 2 end --> 1
'' is null --> false
null + 1 --> null
null = null --> null
null in (1, null) --> null
1 in (1, null) --> true
1 not in (2, null) --> null
true and null --> null
false and null --> false
true or null --> true
not null --> null
1 between 2 and 0 --> false
date '2024-01-31' > '2024-01-30' --> true
timestamp '2024-01-31 00:00:00' = date '2024-01-31' --> true
'10' > 9 --> true
'5' = 5 --> true
1 = 1.0 --> true
1.0 = 1.00 --> true
'a' < 'B' --> false
true > false --> true
'2024-01-01' < date '2024-01-02' --> true

# "Character types", Significance of trailing blanks

'abc' = 'abc   ' --> true
'abc' <> 'abc ' --> false
'abc' in ('abc  ', 'x') --> true
'abc ' like 'abc' --> false
'a' between 'a  ' and 'b' --> true

# "NVL and COALESCE functions", "DECODE expression", "GREATEST and LEAST functions": what they make of several types

nvl(1, 2.50) --> "1.00"
coalesce(null::int, 2.5) --> "2.5"
nvl('', 'x') --> ""
decode(1, 1, 1.5, 2) --> "1.5"
decode(1, 2, 'a', null, 'n', 'z') --> "z"
nvl2('', 'set', 'unset') --> "set"
greatest('a', 'B', 'ä') --> "ä"
greatest(date '2024-01-01', timestamp '2024-01-02 10:00') --> "2024-01-02T10:00:00"
nullif(1, null) --> 1
nullif(0.0, 0) --> null

# "Boolean type", "Logical condition", "ANY and ALL": three values

true = 't' --> true
not null is null --> false
true is not false --> true
null is true --> false
5 not between 6 and null --> true
not (1 in (2, null)) --> null
1 = any (select 1 union select null) --> true
2 = any (select 1 union select null) --> null
2 <> all (select 1 union select null) --> null
2 > all (select 1 where false) --> true
exists (select null) --> true

# "Collation sequences": texts compare by their bytes

'Z' < 'a' --> true
'é' > 'z' --> true
'10' < '9' --> true
'_' between 'A' and 'a' --> true
'' = ' ' --> true
'a' > 'a ' --> false
