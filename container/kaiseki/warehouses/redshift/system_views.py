"""What is asked of Redshift's system views about a schema, and the one value that changes whenever the answers do.

Each answer is of texts alone, which take the least to become objects."""

_SCHEMAS = "{schema} NOT IN ('information_schema', 'catalog_history') AND {schema} NOT LIKE 'pg!_%' ESCAPE '!'"
_SHARED = "SELECT database_name FROM svv_redshift_databases WHERE database_type = 'shared'"
# A materialized view keeps its rows in a table that nobody asks for.
_TABLES = "{table} NOT LIKE 'mv!_tbl!_!_%' ESCAPE '!'"


def _known(database: str, schema: str, table: str) -> str:
    """The tables of this database and of those shared with it, without the system's own."""
    own = f"({database} = current_database() OR {database} IN ({_SHARED}))"
    return f"{own} AND {_SCHEMAS.format(schema=schema)} AND {_TABLES.format(table=table)}"


# One row for a table, at position 0 and with its type, then one for each column. The database is NULL for the own one.
# SVV_ALL_COLUMNS has the columns of late-binding views too: not documented, but seen (dbt-labs/dbt-adapters, 1662).
_INVENTORY = f"""SELECT NULLIF(database_name, current_database()) AS database_name, schema_name, table_name,
  0 AS position, CAST(NULL AS VARCHAR) AS column_name, CAST(table_type AS VARCHAR) AS type,
  CAST(NULL AS INTEGER) AS length, CAST(NULL AS INTEGER) AS digits, CAST(NULL AS INTEGER) AS scale,
  CAST(remarks AS VARCHAR) AS remarks
FROM svv_all_tables WHERE {_known("database_name", "schema_name", "table_name")}
UNION ALL
SELECT NULLIF(database_name, current_database()), schema_name, table_name, ordinal_position, column_name, data_type,
  character_maximum_length, numeric_precision, numeric_scale, remarks
FROM svv_all_columns WHERE {_known("database_name", "schema_name", "table_name")}"""  # noqa: S608

# Columns that are part of a key by which rows are stored, and types that the inventory has cut at 128 characters.
_STORAGE = f"""SELECT NULLIF(database_name, current_database()) AS database_name, schema_name, table_name, column_name,
  CASE WHEN distkey THEN 1 ELSE 0 END AS distributed, sortkey AS sorted, 0 AS partitioned,
  CAST(NULL AS VARCHAR) AS full_type
FROM svv_redshift_columns
WHERE (distkey OR sortkey <> 0) AND {_known("database_name", "schema_name", "table_name")}
UNION ALL
SELECT NULLIF(redshift_database_name, current_database()), schemaname, tablename, columnname, 0, 0, part_key,
  CASE WHEN LEN(external_type) >= 128 THEN external_type END
FROM svv_external_columns
WHERE (part_key > 0 OR LEN(external_type) >= 128) AND {_known("redshift_database_name", "schemaname", "tablename")}"""  # noqa: S608

INVENTORY = f"""SELECT i.database_name, i.schema_name, i.table_name, i.column_name, i.type, CAST(i.length AS VARCHAR),
  CAST(i.digits AS VARCHAR), CAST(i.scale AS VARCHAR), i.remarks
FROM ({_INVENTORY}) AS i ORDER BY i.database_name, i.schema_name, i.table_name, i.position"""  # noqa: S608
STORAGE = f"""SELECT s.database_name, s.schema_name, s.table_name, s.column_name, CAST(s.distributed AS VARCHAR),
  CAST(s.sorted AS VARCHAR), CAST(s.partitioned AS VARCHAR), s.full_type FROM ({_STORAGE}) AS s"""  # noqa: S608
KEYS = """SELECT n.nspname, c.relname, k.contype, pg_get_constraintdef(k.oid), tn.nspname, t.relname
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS t ON t.oid = k.confrelid LEFT JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE k.contype IN ('p', 'f')"""
ROW_COUNTS = (
    """SELECT "schema", "table", CAST(tbl_rows AS VARCHAR) FROM svv_table_info WHERE "database" = current_database()"""
)


def _number(texts: tuple[str, ...]) -> str:
    """A number of 40 bits made of columns, by functions that a leader node has as well as the others."""
    joined = " || '|' || ".join(f"COALESCE(CAST({text} AS VARCHAR), '')" for text in texts)
    digits = (f"CAST(STRPOS('0123456789abcdef', SUBSTRING(m, {n + 1}, 1)) - 1 AS BIGINT) * {16**n}" for n in range(10))
    return f"SELECT {' + '.join(digits)} AS h FROM (SELECT MD5({joined}) AS m FROM ({{rows}}) AS r) AS d"  # noqa: S608


def _summed(rows: str, columns: str) -> str:
    hashed = _number(tuple(columns.split())).format(rows=rows)
    return f"(SELECT CAST(COUNT(*) AS VARCHAR) || ':' || CAST(COALESCE(SUM(h), 0) AS VARCHAR) FROM ({hashed}) AS s)"  # noqa: S608


_INVENTORY_COLUMNS = "database_name schema_name table_name position column_name type length digits scale remarks"
_STORAGE_COLUMNS = "database_name schema_name table_name column_name distributed sorted partitioned full_type"
_CONSTRAINTS = "SELECT oid AS id, conrelid AS of_table FROM pg_constraint"
STATE = f"""SELECT {_summed(_INVENTORY, _INVENTORY_COLUMNS)} AS inventory,
  {_summed(_STORAGE, _STORAGE_COLUMNS)} AS storage, {_summed(_CONSTRAINTS, "id of_table")} AS keys"""
