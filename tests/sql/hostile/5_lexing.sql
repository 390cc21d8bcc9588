# Quotes that a backslash escapes

SELECT 'a\' AS b, ' ; DROP TABLE users; --' AS c

SELECT 'it\'s' AS a

SELECT '\\\'' AS a

SELECT '\' OR 1=1; DELETE FROM users; --'

SELECT E'a\'b' AS a

SELECT e'\'; DROP TABLE users; --' AS a

SELECT E'\047; DROP TABLE users' AS a

SELECT age AS "a\"b" FROM users

# Other forms of strings

SELECT $$a$$ AS a

SELECT $tag$a$tag$ AS a

SELECT $$; DROP TABLE users; --$$ AS a

SELECT $a$ $b$ $a$ ; DROP TABLE users; -- $b$

SELECT U&'\0041' AS a

SELECT U&"\0075sers" AS a

SELECT N'a' AS a

SELECT B'1' AS a

SELECT X'41' AS a

SELECT R'a' AS a

SELECT 'a' 'b' AS c

SELECT 'a'
'; DROP TABLE users; --' AS c

SELECT ‘a’ AS b

SELECT “age” FROM users

SELECT `age` FROM users

SELECT [age] FROM users

SELECT q'[it's]' AS a

# Comments

SELECT age /* a /* b */ ; DROP TABLE users */ FROM users

SELECT age /* /* */ */ FROM users

SELECT age /*! , pg_sleep(1) */ FROM users

SELECT age /*!50000 INTO copied */ FROM users

SELECT /*+ hint */ age FROM users

SELECT age FROM users /* open

SELECT age FROM users */

SELECT age FROM users /*/

SELECT age FROM users # DROP TABLE users

SELECT age FROM users // DROP TABLE users

SELECT age /* -- */ INTO copied /* */ FROM users

SELECT age -- /*
INTO copied -- */
FROM users

SELECT 1 --1
; DELETE FROM users

# Quotes that do not close

SELECT 'open

SELECT "open FROM users

SELECT 'a''

SELECT $$open

# Characters that are not seen, or look like others

SELECT age⟨U+0000⟩ FROM users

SELECT age FROM users⟨U+0000⟩; DROP TABLE users

SELECT '⟨U+0000⟩' AS a

SELECT a⟨U+200B⟩ge FROM users

SELECT age⟨U+2028⟩ FROM users

SELECT age FROM users⟨U+2028⟩; DROP TABLE users

SELECT age FROM users ⟨U+202E⟩ DROP

SELECT '⟨U+202E⟩' AS a

⟨U+FEFF⟩SELECT age FROM users

SELECT age⟨U+00A0⟩FROM users

SELECT age⟨U+3000⟩FROM users

SELECT⟨U+2003⟩age FROM users

SELECT age⟨U+0085⟩FROM users

SELECT age⟨U+000B⟩FROM users

SELECT age⟨U+000C⟩FROM users

SELECT age⟨U+001B⟩FROM users

SELECT age FROM users⟨U+FF1B⟩ DROP TABLE users

SELECT ＇a＇ AS a

ＤＲＯＰ ＴＡＢＬＥ users

ＳＥＬＥＣＴ age FROM users

SELECT age FROM users WHERE age ＝ 1

SELECT （age） FROM users

# What a client would put in or act upon

SELECT age FROM users WHERE age = $1

SELECT age FROM users WHERE age = ?

SELECT age FROM users WHERE age = :age

SELECT age FROM users WHERE age = %s

SELECT age FROM users WHERE age = %(age)s

SELECT age FROM users WHERE age = @age

SELECT age FROM users WHERE age = ${age}

SELECT age FROM users WHERE age = {{ age }}

SELECT @@version AS a

SELECT {fn NOW()} AS a

{call p()}

\copy users to '/tmp/x'

\! id

# What random disguises found

SELECT * INTO#copied FROM users

SELECT * FROM (SELECT * INTO#copied FROM users) AS w

SELECT age NTO#copied FROM users

SELECT */ /* at all */ age FROM users

SELECT (FROM users SELECT age) AS w

SELECT -- DEALLOCATE ALL FROM users
