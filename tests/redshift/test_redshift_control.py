"""Who holds the reins: read-only, timeouts, cancels and lost connections, seen from the server's side."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import redshift_connector

from kaiseki.errors import WarehouseError
from kaiseki.warehouses.parquet_results import rows_as_json
from kaiseki.warehouses.redshift import results as redshift_results
from kaiseki.warehouses.redshift.connection import Connection, ServerError, open_session
from kaiseki.warehouses.redshift.login import Login
from kaiseki.warehouses.redshift.server import Server
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.server import RedshiftServer
from redshift_server.waiting import eventually

Open = Callable[..., RedshiftWarehouse]
ENDLESS = "SELECT COUNT(*) AS n FROM t AS a, t AS b, t AS c WHERE LEN(a.w || b.w || c.w) = 1"
TABLE = "CREATE TABLE t AS SELECT n, 'row ' || n AS w FROM range(20000) AS r(n)"


# ── the session ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sql", ["INSERT INTO t VALUES (1, 'x')", "DELETE FROM t", "CREATE TABLE u (a INTEGER)", "DROP TABLE t"]
)
def test_behind_the_guard_the_server_itself_refuses_to_write(
    sql: str, server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    open_warehouse(TABLE)
    connection = open_session(Login("localhost", server.port, "memory", "analyst", "not-a-secret"), 10)
    connection.execute("BEGIN READ ONLY")
    with pytest.raises(ServerError) as refused:
        connection.execute(sql)
    assert refused.value.sqlstate == "25006"
    connection.execute("ROLLBACK")
    connection.close()
    assert server.database.execute("SELECT count(*) FROM t").fetchall() == [(20000,)]


def test_each_query_is_a_read_only_transaction_of_its_own(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(TABLE, query_seconds=7.5)
    warehouse.introspect()
    begun = len(server.log)
    warehouse.run("q", "SELECT n FROM t WHERE n < 3", tmp_path / "q.parquet", 10)
    warehouse.run("q", "SELECT n / 0 AS x FROM t", tmp_path / "q.parquet", 10)
    words = [" ".join(sql.split()[:2]) for sql in server.log[begun:]]
    assert words == ["BEGIN READ", "DECLARE kaiseki_rows", "FETCH FORWARD", "ROLLBACK"] * 2
    session = next(iter(server.sessions.values())).statements
    assert session.settings.items() >= {"statement_timeout": "7500", "query_group": "kaiseki"}.items()
    assert session.transaction == "I"


# ── ends before their time ────────────────────────────────────────────────────────────────────────────────────────


def test_a_query_that_takes_too_long_is_stopped_on_the_server_and_the_next_one_runs(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(TABLE, query_seconds=2.0)
    query = warehouse.run("q", ENDLESS, tmp_path / "q.parquet", 10)
    assert query.failure is not None
    assert (query.failure.type, query.failure.message) == ("Timeout", "the query was stopped after 2 seconds")
    assert eventually(lambda: server.running == [])
    assert warehouse.run("q", "SELECT COUNT(*) AS n FROM t", tmp_path / "q.parquet", 10).failure is None


def test_the_deadline_is_of_the_whole_query_not_of_each_fetch(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(TABLE, query_seconds=2.0)
    warehouse.introspect()
    server.sessions[max(server.sessions)].statements.settings["statement_timeout"] = "0"
    query = warehouse.run("q", ENDLESS, tmp_path / "q.parquet", 10)
    assert query.failure is not None
    assert query.failure.type == "Timeout"
    assert any(sql.startswith("SELECT pg_cancel_backend(") for sql in server.log)
    assert eventually(lambda: server.running == [])


def test_a_deadline_on_a_lost_connection_is_a_timeout_and_not_a_second_try(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = open_warehouse(TABLE, query_seconds=2.0)
    warehouse.introspect()
    server.sessions[max(server.sessions)].statements.settings["statement_timeout"] = "0"
    monkeypatch.setattr(Connection, "cancel", lambda _: server.hang_up())
    query = warehouse.run("q", ENDLESS, tmp_path / "q.parquet", 10)
    assert query.failure is not None
    assert query.failure.type == "Timeout"
    assert sum(sql.startswith("DECLARE") for sql in server.log) == 1
    for session in list(server.sessions):
        server.cancel(session)


def test_an_answer_that_comes_just_as_its_time_is_over_leaves_no_cancel_to_the_next_question(
    server: RedshiftServer,
) -> None:
    asked = Server(lambda: Login("localhost", server.port, "memory", "analyst", "not-a-secret"), 60.0)
    cancelled = asked.ask(lambda _: eventually(lambda: any("pg_cancel_backend(" in sql for sql in server.log)), 0.1)
    assert cancelled
    assert asked.connection is None
    assert asked.ask(lambda connection: connection.execute("SELECT 1 AS one").rows[0][0]) == 1
    asked.close()


def test_ctrl_c_ends_the_statement_on_the_server(server: RedshiftServer, open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse(TABLE)
    warehouse.introspect()
    main = threading.main_thread().ident
    assert main is not None

    def press() -> None:
        assert eventually(lambda: any("FETCH" in sql for sql in server.running))
        signal.pthread_kill(main, signal.SIGINT)

    pressing = threading.Thread(target=press)
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        warehouse.run("q", ENDLESS, tmp_path / "q.parquet", 10)
    pressing.join()
    assert eventually(lambda: server.running == [])
    assert list(tmp_path.iterdir()) == []
    assert warehouse.run("q", "SELECT COUNT(*) AS n FROM t", tmp_path / "q.parquet", 10).failure is None


def test_a_query_that_the_administrator_ends_is_no_timeout(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(TABLE)
    warehouse.introspect()

    def end() -> None:
        assert eventually(lambda: any("FETCH" in sql for sql in server.running))
        server.cancel(max(server.sessions))

    ending = threading.Thread(target=end)
    ending.start()
    query = warehouse.run("q", ENDLESS, tmp_path / "q.parquet", 10)
    ending.join()
    assert query.failure is not None
    assert query.failure.type == "Cancelled"
    assert "on user's request" in query.failure.message


# ── lost connections ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_connection_that_was_lost_meanwhile_is_opened_anew(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(TABLE)
    warehouse.introspect()
    server.hang_up()
    query = warehouse.run("q", "SELECT n FROM t WHERE n < 3 ORDER BY n", tmp_path / "q.parquet", 10)
    assert (query.failure, query.rows, query.warnings) == (None, 3, ())


def test_one_lost_before_any_row_came_is_opened_anew_and_the_query_run_there(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(TABLE)
    warehouse.introspect()
    server.faults.hang_up_on = "FETCH"
    query = warehouse.run("q", "SELECT n FROM t WHERE n < 3 ORDER BY n", tmp_path / "q.parquet", 10)
    assert (query.failure, query.rows, query.warnings) == (None, 3, ())


def test_a_half_read_result_is_read_again_from_its_start_and_the_query_says_so(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(TABLE)
    warehouse.introspect()
    server.faults.hang_up_after = 15_000
    query = warehouse.run("q", "SELECT n FROM t ORDER BY n", tmp_path / "q.parquet", 100_000)
    assert (query.failure, query.rows) == (None, 20_000)
    assert query.warnings == (
        "the connection broke after 10,000 rows had come; the query was run again from its start",
    )
    assert rows_as_json(tmp_path / "q.parquet")[1] == [[n] for n in range(20_000)]


def test_a_server_that_is_gone_ends_in_one_line_with_a_hint(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(TABLE)
    warehouse.introspect()
    server.close()
    with pytest.raises(WarehouseError, match="cannot be reached at localhost") as gone:
        warehouse.run("q", "SELECT n FROM t", tmp_path / "q.parquet", 10)
    assert "\n" not in gone.value.message
    assert gone.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_of_one_node_is_asked_for_smaller_batches(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    server.faults.fetch_limit = redshift_results.SINGLE_NODE_ROWS
    warehouse = open_warehouse(TABLE)
    for _ in range(2):
        query = warehouse.run("q", "SELECT n FROM t", tmp_path / "q.parquet", 2_500)
        assert (query.failure, query.rows, query.truncated) == (None, 2_500, True)
    assert sum("FETCH FORWARD 2501" in sql for sql in server.log) == 1


# ── the server itself ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_server_binds_parameters_as_redshift_does(server: RedshiftServer) -> None:
    server.database.execute(TABLE)
    connection = redshift_connector.connect(
        host="localhost", port=server.port, database="memory", user="analyst", password="not-a-secret"
    )
    cursor = connection.cursor()
    cursor.execute("SELECT n, w, '$2' AS s FROM t WHERE n < %s AND w <> %s ORDER BY n", (3, "it's $1"))
    assert [tuple(row) for row in cursor.fetchall()] == [(n, f"row {n}", "$2") for n in range(3)]
    cursor.execute("SELECT COUNT(*) AS n FROM t WHERE w = %s", (None,))
    assert [tuple(row) for row in cursor.fetchall()] == [(0,)]
    connection.close()


# ── signing in ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_password_is_told_without_the_password(server: RedshiftServer) -> None:
    login = Login("localhost", server.port, "memory", "analyst", "guessed")
    warehouse = RedshiftWarehouse(lambda: login, cursor_rows=1_000)
    with pytest.raises(WarehouseError, match="Redshift does not let analyst in") as refused:
        warehouse.introspect()
    assert "guessed" not in refused.value.message + refused.value.hint + repr(warehouse.__dict__)


def test_a_certificate_that_nobody_signed_is_not_trusted(
    server: RedshiftServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    login = Login("localhost", server.port, "memory", "analyst", "not-a-secret")
    warehouse = RedshiftWarehouse(lambda: login, cursor_rows=1_000)
    with pytest.raises(WarehouseError, match="the certificate of localhost cannot be trusted"):
        warehouse.introspect()
    assert server.log == []


def test_a_certificate_of_another_host_is_not_trusted(server: RedshiftServer) -> None:
    login = Login("127.0.0.1", server.port, "memory", "analyst", "not-a-secret")
    warehouse = RedshiftWarehouse(lambda: login, cursor_rows=1_000)
    with pytest.raises(WarehouseError, match=r"the certificate of 127\.0\.0\.1 cannot be trusted"):
        warehouse.introspect()
    assert server.log == []
