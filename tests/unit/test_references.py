"""References between tables, as names and values imply them."""

from kaiseki.catalog.references import infer
from kaiseki.models import Catalog, Column, Table


def column(
    name: str, type_: str, distinct: int, low: str | None = None, high: str | None = None, **more: str
) -> Column:
    return Column(name=name, type=type_, distinct=distinct, minimum=low, maximum=high, **more)


def table(name: str, rows: int | None, *columns: Column, primary_key: tuple[str, ...] = ()) -> Table:
    return Table(name=name, rows=rows, columns=columns, primary_key=primary_key)


def references(*tables: Table) -> dict[str, str]:
    return {
        f"{t.name}.{c.name}": c.references
        for t in infer(Catalog(tables=tables)).tables
        for c in t.columns
        if c.references
    }


USERS = table("users", 1000, column("userid", "BIGINT", 1000, "1", "1000"), column("age", "INTEGER", 60, "18", "80"))


def test_a_column_of_the_same_name_refers_to_the_table_in_which_it_is_unique() -> None:
    interactions = table("interactions", 5000, column("userid", "BIGINT", 980, "1", "999"))
    assert references(USERS, interactions) == {"interactions.userid": "users.userid"}


def test_table_id_refers_to_the_id_of_the_table() -> None:
    customers = table("customers", 50, column("id", "INTEGER", 50, "1", "50"))
    orders = table(
        "orders", 200, column("id", "INTEGER", 200, "1", "200"), column("customer_id", "INTEGER", 40, "2", "50")
    )
    carts = table("carts", 20, column("customersId", "INTEGER", 12, "2", "50"))
    assert references(customers, orders, carts) == {
        "orders.customer_id": "customers.id",
        "carts.customersId": "customers.id",
    }


def test_ranges_that_do_not_meet_are_no_reference() -> None:
    other = table("devices", 300, column("userid", "BIGINT", 200, "50000", "60000"))
    assert references(USERS, other) == {}


def test_ranges_of_numbers_are_compared_as_numbers() -> None:
    parent = table("items", 95, column("itemid", "INTEGER", 95, "5", "99"))
    child = table("lines", 500, column("itemid", "INTEGER", 90, "10", "98"))
    assert references(parent, child) == {"lines.itemid": "items.itemid"}


def test_types_that_differ_or_that_are_no_keys_do_not_refer() -> None:
    as_text = table("devices", 300, column("userid", "VARCHAR(20)", 200, "1", "9"))
    measured = table("a", 10, column("feature1", "DOUBLE PRECISION", 10, "0.1", "0.9"))
    again = table("b", 90, column("feature1", "DOUBLE PRECISION", 80, "0.1", "0.9"))
    assert references(USERS, as_text, measured, again) == {}


def test_plain_ids_and_ordinary_columns_of_the_same_name_do_not_refer() -> None:
    one = table("a", 80, column("id", "INTEGER", 80, "1", "80"), column("age", "INTEGER", 80, "1", "80"))
    two = table("b", 90, column("id", "INTEGER", 70, "1", "80"), column("age", "INTEGER", 70, "1", "80"))
    assert references(one, two) == {}


def test_of_two_unique_columns_the_one_that_its_table_is_named_after_is_the_key() -> None:
    profiles = table("profiles", 900, column("userid", "BIGINT", 900, "1", "1000"))
    assert references(profiles, USERS) == {"profiles.userid": "users.userid"}


def test_a_declared_primary_key_is_unique_without_a_count() -> None:
    shops = table("shops", 10, Column(name="shop_code", type="VARCHAR(8)"), primary_key=("shop_code",))
    visits = table("visits", 100, Column(name="shop_code", type="VARCHAR(8)", distinct=9))
    assert references(shops, visits) == {"visits.shop_code": "shops.shop_code"}


def test_declared_references_stay_as_they_are() -> None:
    child = table("interactions", 50, column("userid", "BIGINT", 40, "1", "40", references="people.id"))
    assert references(USERS, child) == {"interactions.userid": "people.id"}


def test_nothing_is_said_of_tables_that_were_not_profiled() -> None:
    unseen = table("interactions", None, Column(name="userid", type="BIGINT"))
    assert references(USERS, unseen) == {}
