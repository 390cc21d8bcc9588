"""How the card tells of a column whose values are personal, or whose counts are estimates."""

from kaiseki.catalog.card import section
from kaiseki.models import Column, Table


def test_a_personal_column_is_told_of_by_counts_lengths_and_forms() -> None:
    email = Column(
        name="email",
        type="VARCHAR(256)",
        distinct=950,
        nulls=50,
        personal="e-mail address",
        forms=("Aaaa.aaaa@aaa.aaa", "a;9@a.aa"),
        lengths=(11, 28),
    )
    born = Column(name="birth_date", type="DATE", distinct=900, nulls=0, personal="date of birth")
    assert section(Table(name="users", rows=1000, columns=(email, born))).splitlines()[1:] == [
        "- email VARCHAR(256); 950 distinct; 50 nulls; personal (e-mail address), values not shown: 11-28 characters, "
        'like Aaaa.aaaa@aaa.aaa or "a\\u003b9@a.aa"',
        "- birth_date DATE; 900 distinct; personal (date of birth), values not shown",
    ]


def test_counts_of_a_sample_are_shares_and_what_they_are_of_is_said() -> None:
    kind = Column(name="kind", type="VARCHAR", distinct=2, nulls=25, frequent=(("view", 740), ("buy", 250)))
    number = Column(name="n", type="BIGINT", distinct=900, nulls=0, minimum="1", maximum="99")
    note = "statistics of a random sample of about 1,000 rows"
    table = Table(name="t", rows=9_000_000, sampled=1000, profile_note=note, columns=(kind, number))
    assert section(table).splitlines() == [
        "table t -- about 9,000,000 rows; statistics of a random sample of about 1,000 rows",
        "- kind VARCHAR; at least 2 distinct: view 74.0% | buy 25.0%; 2.5% nulls",
        "- n BIGINT; 1 to 99; at least 900 distinct",
    ]


def test_estimates_of_a_whole_table_are_told_as_such_and_so_is_that_there_are_none() -> None:
    kind = Column(name="kind", type="VARCHAR", distinct=2, nulls=3, frequent=(("view", 4_000_000), ("buy", 999)))
    table = Table(name="t", rows=4_001_002, estimated=True, columns=(kind,))
    assert section(table).splitlines() == [
        "table t -- 4,001,002 rows",
        "- kind VARCHAR; about 2 distinct: view 100.0% | buy under 0.1%; under 0.1% nulls",
    ]
    bare = Column(name="kind", type="VARCHAR")
    slow = Table(name="t", profile_note="no statistics: they took longer than 20 seconds", columns=(bare,))
    assert section(slow).splitlines() == [
        "table t -- ? rows; no statistics: they took longer than 20 seconds",
        "- kind VARCHAR",
    ]
