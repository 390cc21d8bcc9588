"""Random disguises of a statement: what somebody would try to get it past a parser, one to three at a time."""

from collections.abc import Callable
from random import Random

Disguise = Callable[[str, str, Random], str]

_BLANKS = (
    *(" ", "  ", "\t", "\n", "\r\n", "\r", "\f", "\v", "\xa0", "\u3000", "\u2028", "\x00", "\u200b"),
    *("/**/", "/* x */", "--\n", "-- ;\n", "--\r", "-- '\n", '/* " */', "/* ' */", "/*/**/*/", "--\x0b"),
)
_BREAKS = (
    *("; ", ";", ";\n", ";;", "\r;", "\n;--\n", "--\r;", "--\u2028;", "/**/;", "；", "\x00;", " \\g ", "\nGO\n"),
    *("'; ", '"; ', "\\'; ", "''; ", "$$; ", "*/; ", "/*", "--", "-- \n"),
    *(" UNION ", " UNION ALL ", " EXCEPT ", " AND "),
)
_PIECES = (
    *("'", '"', "''", "\\", "\\'", "$$", "$a$", "/*", "*/", "--", ";", "(", ")", ",", "\n", "\r", "\x00", "e'", "U&'"),
    *(" INTO x ", " INTO ", " FOR UPDATE", " RETURNING *", " AS ", "OR 1=1"),
    *("::", ".", "[", "]", "{", "}", "@", "#", "`", "="),
)


def _case(sql: str, _: str, random: Random) -> str:
    return "".join(random.choice((c.upper(), c.lower(), c)) for c in sql)


def _blanks(sql: str, _: str, random: Random) -> str:
    return "".join(random.choice(_BLANKS) if c == " " and random.random() < 0.5 else c for c in sql)


def _wrapped(sql: str, innocent: str, random: Random) -> str:
    form = random.choice(
        (
            "({sql})",
            "(({sql}))",
            "SELECT * FROM ({sql}) AS w",
            "WITH w AS ({sql}) SELECT * FROM w",
            "WITH RECURSIVE w(a) AS ({innocent} UNION ALL {sql}) SELECT a FROM w",
            "SELECT ({sql}) AS w",
            "{innocent} WHERE EXISTS ({sql})",
            "{innocent} UNION ALL {sql}",
            "{sql} UNION ALL {innocent}",
            "{innocent} INTERSECT ({sql})",
            "EXPLAIN {sql}",
            "EXPLAIN ANALYZE {sql}",
            "PREPARE w AS {sql}",
            "DECLARE w CURSOR FOR {sql}",
            "CREATE TABLE w AS {sql}",
            "SELECT CASE WHEN true THEN ({sql}) END AS w",
            "SELECT query('{sql}') AS w",
            "BEGIN; {sql}; COMMIT",
        )
    )
    return form.format(sql=sql, innocent=innocent)


def _beside(sql: str, innocent: str, random: Random) -> str:
    first, second = random.choice(((sql, innocent), (innocent, sql)))
    return first + random.choice(_BREAKS) + second


def _quoted(sql: str, _: str, random: Random) -> str:
    form = random.choice(
        (
            "SELECT '{sql}' AS w",
            "SELECT '\\' AS v, '{sql}' AS w",
            "SELECT 'a\\\\' AS v, '{sql}' AS w",
            "SELECT '''{sql}''' AS w",
            'SELECT 1 AS "{sql}"',
            "SELECT $${sql}$$ AS w",
            "SELECT E'{sql}' AS w",
            "SELECT 1 AS w /* {sql} */",
            "SELECT 1 AS w -- {sql}",
            "-- x\n{sql}",
            "/* x */ {sql}",
            "/* {sql} */ SELECT 1 AS w",
        )
    )
    return form.format(sql=sql)


def _doubled(sql: str, _: str, random: Random) -> str:
    quote = random.choice("'\"")
    return sql.replace(quote, quote * 2)


def _inserted(sql: str, _: str, random: Random) -> str:
    place = random.randrange(len(sql) + 1)
    return sql[:place] + random.choice(_PIECES) + sql[place:]


def _torn(sql: str, _: str, random: Random) -> str:
    place = random.randrange(len(sql))
    return sql[:place] + sql[place + 1 :]


def _mixed(sql: str, innocent: str, random: Random) -> str:
    ours, theirs = sql.split(" "), innocent.split(" ")
    cut = random.randrange(len(theirs) + 1)
    return " ".join([*theirs[:cut], *ours[random.randrange(len(ours)) :], *theirs[cut:]])


_DISGUISES: tuple[Disguise, ...] = (_case, _blanks, _wrapped, _beside, _quoted, _doubled, _inserted, _torn, _mixed)


def mutated(sql: str, innocent: str, random: Random) -> str:
    """`sql` in one to three disguises, some of which need a statement that is `innocent`."""
    for disguise in random.choices(_DISGUISES, k=random.randint(1, 3)):
        sql = disguise(sql, innocent, random) if sql else innocent
    return sql
