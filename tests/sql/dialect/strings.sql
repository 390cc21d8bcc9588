# "LEN function", "OCTET_LENGTH function", "ASCII function", "CHR function"

len('français') --> 8
octet_length('français') --> 9
len('cat   ') --> 6
chr(65) --> "A"
ascii('a') --> 97
len('') --> 0
chr(12354) --> "あ"
ascii('あ') --> 12354
ascii('') --> 0
len('日本語') --> 3
octet_length('日本語') --> 9

# "SUBSTRING function", "LEFT and RIGHT functions", "SPLIT_PART function"

substring('caterpillar', 6, 4) --> "pill"
substring('caterpillar', 6, 8) --> "pillar"
substring('caterpillar', -2, 6) --> "cat"
substring('caterpillar', -5, 4) --> ""
substring('caterpillar' from 6 for 4) --> "pill"
substr('caterpillar', 7) --> "illar"
left('Chicago', 5) --> "Chica"
right('Chicago', 5) --> "icago"
split_part('abc$def$ghi', '$', 2) --> "def"
split_part('abc$def$ghi', '$', 4) --> ""
left('abc', 0) --> ""
right('abc', 0) --> ""
left('abc', 10) --> "abc"
substring('abc', 0, 2) --> "a"
substring('abc', 0) --> "abc"
substring('abc', 2, 0) --> ""
substring('abc', 5, 2) --> ""
split_part('a,b,c', ',', 3) --> "c"
split_part('', ',', 1) --> ""

# "LPAD and RPAD functions", "BTRIM", "LTRIM", "RTRIM", "TRIM functions", "REPEAT function"

lpad('cat', 5) --> "  cat"
rpad('Salome', 8, '01') --> "Salome01"
lpad('caterpillar', 3) --> "cat"
btrim('xyzaxyzbxyzcxyz', 'xyz') --> "axyzbxyzc"
trim('  abc ') --> "abc"
trim(both '"' from '"dog"') --> "dog"
repeat('ab', 3) --> "ababab"
rpad('abc', 2) --> "ab"
lpad('', 3, 'x') --> "xxx"
repeat('ab', 0) --> ""
trim(leading '0' from '0012') --> "12"
trim(trailing ' ' from 'a  ') --> "a"
ltrim('2008-01-24', '0128-') --> "4"
trim('xyz', 'xz') --> "y"
trim('　a ') --> "　a"

# "STRPOS function", "CHARINDEX function", "POSITION function"

strpos('dogfish', 'fish') --> 4
strpos('dogfish', 'fist') --> 0
charindex('fish', 'dogfish') --> 4
position('fish' in 'dogfish') --> 4
strpos('', 'a') --> 0
charindex('z', 'abc') --> 0

# "REPLACE function", "TRANSLATE function", "REVERSE function", "INITCAP", "LOWER", "UPPER functions", "MD5", "SHA1"

translate('mint tea', 'inea', 'osin') --> "most tin"
replace('Shows and Shows', 'Shows', 'Theatre') --> "Theatre and Theatre"
initcap('MLB all non-musical theatre') --> "Mlb All Non-Musical Theatre"
reverse('frog') --> "gorf"
upper('abc') || lower('DEF') --> "ABCdef"
md5('Amazon Redshift') --> "f7415e33f972c03abd4f3fed36748f7a"
lower('ÄÖ') --> "äö"
replace('abc', 'b', '') --> "ac"
replace('abc', '', 'x') --> "abc"
translate('abc', 'ab', 'x') --> "xc"
reverse('日本') --> "本日"
initcap('hello WORLD foo_bar') --> "Hello World Foo_Bar"
sha1('a') --> "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"

# "CONCAT function", "|| (Concatenation) operator"

concat('a', null) --> null
concat('December 25, ', '2008') --> "December 25, 2008"
'a' || null --> null
'n = ' || 5 --> "n = 5"
'a' || '' --> "a"
'a' || 1.5 --> "a1.5"
'a' || 1.5::float --> "a1.5"
'a' || date '2024-01-01' --> "a2024-01-01"

# "LEN function", "SUBSTRING function", "LEFT function": characters, not bytes; numbers as their text

substring('日本語', 2, 1) --> "本"
left('日本語', 2) --> "日本"
lpad('日', 3, '本') --> "本本日"
lpad('abc', -1) --> ""
len(12345) --> 5
upper(5) --> "5"
concat(1, 2) --> "12"
1 || 2 --> "12"
len('a'::char(3)) --> 1
len('a  '::varchar(3)) --> 3
strpos('日本語', '語') --> 3
ascii('€') --> 8364
left('abc', 1 + 1) --> "ab"

# "SPLIT_PART function": delimiters of several characters, nulls, computed positions

split_part('a||b', '||', 2) --> "b"
split_part(null, ',', 1) --> null
split_part('a,b,c', ',', 1 + 1) --> "b"

# "INITCAP", "REPLACE", "TRANSLATE", "MD5", "SHA2" functions

initcap('o''neil smith-jones 2nd') --> "O'Neil Smith-Jones 2nd"
initcap('ÉCOLE') --> "École"
replace('abc', 'B', 'x') --> "abc"
replace('abc', 'b', null) --> null
translate('abc', 'b', '') --> "ac"
lower('ＡＢＣ') --> "ａｂｃ"
md5('') --> "d41d8cd98f00b204e9800998ecf8427e"
sha2('a', 256) --> "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
'a' || null || 'b' --> null
