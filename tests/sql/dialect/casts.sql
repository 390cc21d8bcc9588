# "CAST function", "TRY_CAST function"; "Type compatibility and conversion"

5::decimal --> 5
1.75::decimal --> 2
109.652::decimal(4,1) --> "109.7"
cast(2.5 as int) --> 3
'42'::int + 1 --> 43
try_cast('4x' as int) --> null
try_cast('12.7' as int) --> null
cast(2008 as char(4)) --> "2008"
'caterpillar'::varchar(3) --> "cat"
'東京タワー'::varchar(7) --> "東京"
cast(12.50 as varchar) --> "12.50"
cast(1.0::float as varchar) --> "1"
cast(1.5::float as varchar) --> "1.5"
2147483647::bigint + 1 --> 2147483648
2.5::float::int --> 2
3.5::float::int --> 4
'1e3'::float --> 1000.0
' 42 '::int --> 42
'yes'::boolean --> true
't'::boolean --> true
'0'::boolean --> false
true::int --> 1
0::boolean --> false
5::boolean --> true
cast('12.5' as decimal(5,1)) --> "12.5"
'2024-1-5'::date --> "2024-01-05"
'20240105'::date --> "2024-01-05"
'2024-01-05 10:00:00'::date --> "2024-01-05"
'2024-01-05T10:00:00'::timestamp --> "2024-01-05T10:00:00"
'2024-01-05 10:00:00+09'::timestamptz --> "2024-01-05T01:00:00+00:00"
timestamp '2024-01-05 23:59:59.6'::date --> "2024-01-05"
timestamp '2024-01-05 10:00:00'::varchar --> "2024-01-05 10:00:00"
timestamp '2024-01-05 10:00:00.120000'::varchar --> "2024-01-05 10:00:00.12"
date '2024-01-05'::varchar --> "2024-01-05"
1.50::decimal(5,2)::varchar --> "1.50"
1e20::varchar --> "1e+20"
123456789.0::float::varchar --> "123456789"

# "Type compatibility and conversion": halves round away from zero, floats to the even one

cast(-2.5 as int) --> -3
cast(0.125 as decimal(4,2)) --> "0.13"
cast(-0.125 as decimal(4,2)) --> "-0.13"
cast(0.125::float as decimal(4,2)) --> "0.13"
cast(-0.5::float as int) --> 0
cast(16777217 as real) --> 16777216.0

# "CAST function", "CONVERT function": texts with blanks and signs, dates of eight digits in a column

cast(' 1.5 ' as decimal(4,1)) --> "1.5"
cast('+5' as int) --> 5
cast('5.' as decimal(4,1)) --> "5.0"
cast('n' as boolean) --> false
convert(integer, '5') --> 5
convert(varchar(2), 'abc') --> "ab"
5::varchar(1) --> "5"
lower('20240105')::date --> "2024-01-05"
lower('2024-1-5')::date --> "2024-01-05"
date_trunc('month', lower('20240105 10:00:00')) --> "2024-01-01T00:00:00"
try_cast(lower('24-01-05') as date) --> null
try_cast('yesterday' as date) --> null
try_cast('1_000' as float) --> null
