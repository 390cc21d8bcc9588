# "REGEXP_REPLACE function", "REGEXP_SUBSTR function", "REGEXP_COUNT function", "REGEXP_INSTR function"

regexp_replace('the fox', 'FOX', 'quick brown fox', 1, 'i') --> "the quick brown fox"
regexp_replace('a1b22c333', '[0-9]+', '#') --> "a#b#c#"
regexp_replace('a1b22', '[0-9]') --> "ab"
regexp_replace('John Smith', '([A-Z][a-z]+) ([A-Z][a-z]+)', '$2 $1') --> "Smith John"
regexp_substr('the fox', 'FOX', 1, 1, 'i') --> "fox"
regexp_substr('sed@lacusUtnec.ca', '@[^.]*') --> "@lacusUtnec"
regexp_substr('abc', 'x') --> ""
regexp_substr('a1 b2 c3', '[a-z][0-9]', 1, 2) --> "b2"
regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}') --> 8
regexp_count('the fox', 'FOX', 1, 'i') --> 1
regexp_instr('The home page', 'home') --> 5
regexp_replace('abc', '[ac]', '') --> "b"
regexp_replace('a.b', '\\.', '-') --> "a-b"
regexp_substr('order-123-x', '[0-9]+') --> "123"
regexp_substr('a=1;b=2', '([a-z])=([0-9])', 1, 2, 'e', 2) --> "2"
regexp_substr(null, 'a') --> null
regexp_count('aAa', 'a') --> 2
regexp_instr('abc', 'z') --> 0

# "LIKE", "SIMILAR TO", "POSIX operators"

'abc' similar to '%(b|d)%' --> true
'abc' similar to '(b|c)%' --> false
'a.c' similar to 'a.c' --> true
'abc' similar to 'a.c' --> false
'abc' similar to '_b_' --> true
'start_time' like 'start\\_%' --> true
'startXtime' like 'start\\_%' --> false
'start_time' like 'start^_%' escape '^' --> true
'Eau Claire' ilike 'eau%' --> true
'St. James' ~ '.*\\..*' --> true
'abc' not like 'a%' --> false
'É' ilike 'é' --> false
'ABC' ilike 'abc' --> true
'abc' ~ '^a' --> true
'abc' ~ 'B' --> false
'abc' !~ 'z' --> true
'a_c' like 'a\\_c' --> true
'a%c' like 'a\\%c' --> true
'abc' like '_b%' --> true
'Abc' like 'a%' --> false
null like 'a' --> null
'abc' similar to 'a%' --> true
'ab' similar to '(ab)+' --> true
'É' not ilike 'é' --> true
'aXb' ilike 'A\\_B' --> false

# "LIKE": escapes, Japanese; "SIMILAR TO"; "POSIX operators"

'a\\b' like 'a\\\\b' --> true
'100%' like '%\\%' --> true
'a%b' like 'a!%b' escape '!' --> true
'東京タワー' like '東京%' --> true
'東京タワー' ilike '%タワー' --> true
'a' like 'a ' --> false
'ab' similar to 'a' --> false
'a+b' similar to 'a\\+b' --> true
'ab12' similar to '[a-z]+[0-9]{2}' --> true
'a|b' similar to 'a\\|b' --> true
'abc' ~ 'a.c' --> true
'a1' ~ '\\d' --> true

# "REGEXP_SUBSTR", "REGEXP_REPLACE", "REGEXP_COUNT", "REGEXP_INSTR": places, groups, classes

regexp_substr('abc123def', '[[:digit:]]+') --> "123"
regexp_substr('a,b,c', '[^,]+', 1, 3) --> "c"
regexp_substr('a,b,c', '[^,]+', 1, 9) --> ""
regexp_substr('a,b,c', '[^,]+', 3) --> "b"
regexp_substr('a1b2', '([a-z])([0-9])', 1, 1, 'e') --> "a"
regexp_replace('2024-01-05', '(\\d+)-(\\d+)-(\\d+)', '$3/$2/$1') --> "05/01/2024"
regexp_replace('abc', 'b', 'X', 3) --> "abc"
regexp_replace('aaa', '^a', 'b') --> "baa"
regexp_replace('price', 'price', 'US$') --> "US$"
regexp_count('', 'a') --> 0
regexp_count(null, 'a') --> null
regexp_instr('abc@x.com', '@[^.]*') --> 4
