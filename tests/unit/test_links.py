"""Which tables join, as far as their names tell."""

from kaiseki.catalog.links import links
from kaiseki.models import Column, Table


def table(name: str, *columns: str, schema: str = "", **references: str) -> Table:
    listed = tuple(Column(name=column, type="BIGINT", references=references.get(column)) for column in columns)
    return Table(name=name, schema_name=schema, columns=listed)


def joined(*tables: Table) -> set[tuple[str, str]]:
    found = links(tables)
    return {
        (tables[p].name, tables[n].name) for p, near in found.items() for n in near if tables[p].name < tables[n].name
    }


def test_declared_references_join() -> None:
    assert joined(table("a", "x", x="s.b.y"), table("b", "y", schema="s")) == {("a", "b")}


def test_a_key_is_named_after_its_table_in_any_spelling() -> None:
    assert joined(table("customers", "id"), table("orders", "customerId")) == {("customers", "orders")}
    assert joined(table("customers", "id"), table("orders", "customer_id")) == {("customers", "orders")}
    assert joined(table("event", "event_id"), table("seats", "link_to_event")) == {("event", "seats")}


def test_a_key_may_say_the_part_that_the_table_plays() -> None:
    assert joined(table("users", "id"), table("posts", "OwnerUserId")) == {("posts", "users")}
    assert joined(table("team", "team_api_id"), table("match", "home_team_api_id")) == {("match", "team")}


def test_where_nothing_has_the_name_a_compound_of_it_will_do() -> None:
    assert joined(table("superhero", "id"), table("powers", "hero_id")) == {("powers", "superhero")}
    assert joined(table("superhero", "id"), table("hero", "id"), table("powers", "hero_id")) == {("hero", "powers")}


def test_of_singular_and_plural_the_one_that_bears_the_key_is_meant() -> None:
    tables = (table("race", "id"), table("races", "raceId"), table("laps", "raceId"), table("person", "race_id"))
    assert joined(*tables) == {("laps", "races"), ("person", "race")}


def test_a_table_that_extends_anothers_name_belongs_to_it() -> None:
    assert joined(table("team", "name"), table("team_attributes", "speed")) == {("team", "team_attributes")}


def test_tables_with_one_key_join_unless_half_the_schema_has_it() -> None:
    assert joined(table("cards", "uuid"), table("rulings", "uuid")) == {("cards", "rulings")}
    assert joined(*(table(f"t{i}x", "batch_id") for i in range(40))) == set()


def test_names_join_within_their_schema_only() -> None:
    assert joined(table("users", "id", schema="a"), table("posts", "user_id", schema="b")) == set()
