# "Computations with numeric values"; "Math operator symbols"

7 / 2 --> 3
-7 / 2 --> -3
7 % 3 --> 1
-7 % 3 --> -1
7.0 / 2 --> "3.500000000000"
7 / 2.0 --> "3.5000"
7::float / 2 --> 3.5
1.0 / 3 --> "0.333333333333"
100.00::decimal(8,2) / 15.00::decimal(8,2) --> "6.666666667"
2 * 3.5 --> "7.0"
10 / 4 * 4.0 --> "8.0"
11 % 4 --> 3
2 ^ 10 --> 1024.0
-5 / 2 --> -2
5 / -2 --> -2
5 % -3 --> 2
1.10 * 1.10 --> "1.2100"
1.1 + 1.15 --> "2.25"
0.1::float + 0.2::float = 0.3::float --> false
7 & 3 --> 3
7 | 8 --> 15
1 << 3 --> 8
~ 5 --> -6
16 >> 2 --> 4
2 ^ 0.5 --> 1.4142135623730951
2 ^ 3 ^ 2 --> 64.0
-2 ^ 2 --> 4.0
1 + 2 * 3 - 4 / 2 --> 5
7 / 2 * 2.0 --> "6.0"
1 / 2 + 1 / 2 --> 0

# "ROUND function", "TRUNC function", "CEILING function", "FLOOR function"

round(1::decimal(19,0) / 3::decimal(19,0), 15) --> "0.333333333333333"
round(28.05, 1) --> "28.1"
round(28.05, -1) --> 30
round(28.05) --> 28
round(-2.5) --> -3
trunc(111.15) --> 111
trunc(111.15, 1) --> "111.1"
trunc(111.15, -1) --> 110
ceiling(28.05) --> 29
floor(-1.5) --> -2
ceil(-1.5) --> -1
floor(1.5::float) --> 1.0
round(1.5::float) --> 2.0
round(2.5::float) --> 3.0
round(-0.5) --> -1
round(123.456, 2) --> "123.46"
round(5, -1) --> 10
round(1234.567, -2) --> 1200
trunc(-1.9) --> -1
trunc(1.999::float, 2) --> 1.99

# "ABS", "SIGN", "MOD", "SQRT", "CBRT", "EXP", "LN", "LOG", "POWER", "PI", "DEGREES functions"

mod(10.5, 4) --> "2.5"
mod(10, 4) --> 2
sqrt(16) --> 4.0
sqrt(20 / pi()) --> 2.5231325220201604
log(100) --> 2.0
ln(exp(1)) --> 1.0
power(2, 3) --> 8.0
abs(-3) --> 3
sign(-28.05) --> -1.0
abs(-1.5) --> "1.5"
log(1000) --> 3.0
cbrt(27) --> 3.0000000000000004
exp(0) --> 1.0
pi() --> 3.141592653589793
degrees(pi()) --> 180.0
mod(-7, 3) --> -1
mod(7, -3) --> 1
mod(5.5, 2) --> "1.5"

# "TO_HEX function"

to_hex(255) --> "ff"

# "Numeric types": REAL beside another number counts as DOUBLE PRECISION

0.1::real = 0.1 --> false
0.1::real * 3 --> 0.3000000044703484
0.5::real = 0.5 --> true

# "Computations with numeric values": quotients are exact to their last digit

100.0 / 3 --> "33.333333333333"
1::decimal(19,0) / 3::decimal(19,0) --> "0.3333333333333333333"
-2::decimal(18,0) / 3::decimal(17,0) --> "-0.666666666666666667"
999999.99::decimal(8,2) / 7::decimal(38,2) --> "142857.141428571428571428571428571428"
1234567890.123456789012345678::decimal(38,18) / 2 --> "617283945.061728394506172839"
123456789012345678.12::decimal(20,2) / 1.0 --> "123456789012345678.1200"
10000000000000001.00::decimal(19,2) / 1 --> "10000000000000001.0000000000000"
0.05 / 0.10 --> "0.5000"
7 / 2 / 2.0 --> "1.5000"

# "Computations with numeric values": SMALLINT and INTEGER make INTEGER, REAL and REAL make REAL

32767::smallint + 1 --> 32768
200::smallint * 200 --> 40000
0.5::real * 0.5::real --> 0.25

# "Math operator symbols": signs, bits, nulls

2 * -3 --> -6
3 - -2 --> 5
1 - 0.9 --> "0.1"
0.1 + 0.2 = 0.3 --> true
5.5 % 2 --> "1.5"
-5.5 % 2 --> "-1.5"
1::bigint << 40 --> 1099511627776
-1 >> 1 --> -1
7 & null --> null
2 + 3 || 'x' --> "5x"

# "CEILING function", "FLOOR function", "ROUND function", "TRUNC function": integers remain integers

floor(7 / 2) --> 3
floor(7) / 2 --> 3
ceil(7) / 2 --> 3
floor(7 / 2.0) --> 3
floor(-1.1::float) --> -2.0
round(-2.345, 2) --> "-2.35"
round(123.456, -1) --> 120
trunc(-123.456, 1) --> "-123.4"
trunc(-123.456, -1) --> -120
trunc(12345, -2) --> 12300

# "POWER function", "SIGN", "LOG", "LN", "ATAN2", "RADIANS functions"

power(2, 62)::bigint --> 4611686018427387904
power(0, 0) --> 1.0
sign(0) --> 0.0
log(0.1) --> -1.0
exp(-1000) --> 0.0
atan2(1, 1) --> 0.7853981633974483
radians(180) --> 3.141592653589793
acos(1) --> 0.0

# "TO_HEX function": negative ones by their bytes

to_hex(-1) --> "ffffffff"
to_hex(-1::bigint) --> "ffffffffffffffff"

# "Integer and floating-point literals": beyond BIGINT they are NUMERIC

99999999999999999999.5 --> "99999999999999999999.5"
1.23e5 --> 123000.0

# "Numeric types": where REAL and another number become one, it is DOUBLE PRECISION

coalesce(null::real, 16777217) --> 16777217.0
case when false then 0.5::real else 16777217 end --> 16777217.0
greatest(0.5::real, 16777217) --> 16777217.0
decode(1, 2, 0.5::real, 16777217) --> 16777217.0

SELECT w FROM (SELECT w FROM (SELECT 0.5::real AS w) AS x UNION ALL SELECT 16777217) AS t ORDER BY w
--> [[0.5], [16777217.0]]

# "Computations with numeric values": a share of the whole, an average beyond sixteen digits

SELECT price / (SELECT SUM(price) FROM sales) AS v, ROUND(price / SUM(price) OVER (), 4) AS r FROM sales WHERE id = 1
--> [["0.269179004037685060565275908479", "1.0000"]]

SELECT AVG(9007199254740993.01) AS v
--> [["9007199254740993.01"]]

SELECT AVG(price) AS v FROM sales WHERE id > 99
--> [[null]]

# "MOD function", "TRUNC function": of REAL

SELECT TRUNC(0.5::real) AS a, MOD(5.5::real, 2) AS b, MOD(7.5::float, 2) AS c
--> [[0.0, 1.5, 1.5]]
