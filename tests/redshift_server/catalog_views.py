"""Redshift's system views over DuckDB's, in a schema of their own; `public` holds the data unless a test adds more.

A database that is attached counts as shared. What DuckDB's tables lack (sort keys, tables outside of the database) a
test writes into `described`, one row for each column."""

import duckdb

SCHEMA = "redshift_catalog"

_TYPE = """CASE WHEN data_type LIKE 'DECIMAL%' THEN 'numeric'
     ELSE coalesce(map {'SMALLINT': 'smallint', 'INTEGER': 'integer', 'BIGINT': 'bigint', 'FLOAT': 'real',
       'DOUBLE': 'double precision', 'VARCHAR': 'character varying', 'DATE': 'date', 'BOOLEAN': 'boolean',
       'TIMESTAMP': 'timestamp without time zone', 'TIMESTAMP WITH TIME ZONE': 'timestamp with time zone',
       'TIME': 'time without time zone', 'JSON': 'super', 'BLOB': 'binary varying', 'HUGEINT': 'numeric',
       'GEOMETRY': 'geometry'}[data_type], lower(data_type)) END"""
_OWN = f"schema_name <> '{SCHEMA}' AND database_name NOT IN ('system', 'temp')"

_VIEWS = f"""
CREATE SCHEMA {SCHEMA};
CREATE TABLE {SCHEMA}.described (schema_name VARCHAR, table_name VARCHAR, column_name VARCHAR, columnnum INTEGER,
  distkey BOOLEAN DEFAULT false, sortkey INTEGER DEFAULT 0, part_key INTEGER DEFAULT 0, external_type VARCHAR);
CREATE TABLE {SCHEMA}.svv_external_partitions (schemaname VARCHAR, tablename VARCHAR, "values" VARCHAR);
CREATE VIEW {SCHEMA}.outside AS SELECT DISTINCT current_database() AS database_name, schema_name, table_name
  FROM {SCHEMA}.described WHERE external_type IS NOT NULL;
CREATE VIEW {SCHEMA}.svv_redshift_databases AS
  SELECT database_name, CASE WHEN database_name = current_database() THEN 'local' ELSE 'shared' END AS database_type
    FROM duckdb_databases() WHERE NOT internal;
CREATE VIEW {SCHEMA}.svv_all_schemas AS
  SELECT database_name, schema_name, CASE WHEN database_name <> current_database() THEN 'shared'
      WHEN (database_name, schema_name) IN (SELECT (database_name, schema_name) FROM {SCHEMA}.outside) THEN 'external'
      ELSE 'local' END AS schema_type
    FROM duckdb_schemas() WHERE NOT internal AND {_OWN};
CREATE VIEW {SCHEMA}.svv_all_tables AS
  SELECT database_name, schema_name, table_name, 'TABLE' AS table_type, comment AS remarks
    FROM duckdb_tables() ANTI JOIN {SCHEMA}.outside USING (database_name, schema_name, table_name) WHERE {_OWN}
  UNION ALL SELECT database_name, schema_name, view_name, 'VIEW', comment
    FROM duckdb_views() WHERE NOT internal AND {_OWN}
  UNION ALL SELECT database_name, schema_name, table_name, 'EXTERNAL TABLE', NULL FROM {SCHEMA}.outside
  UNION ALL SELECT current_database(), 'pg_catalog', 'pg_class', 'SYSTEM TABLE', NULL;
CREATE VIEW {SCHEMA}.svv_all_columns AS
  SELECT database_name, schema_name, table_name, column_name, column_index AS ordinal_position,
    {_TYPE} AS data_type,
    CAST(CASE WHEN data_type = 'VARCHAR' THEN 256 END AS INTEGER) AS character_maximum_length,
    least(coalesce(numeric_precision, 38), 38) AS numeric_precision, coalesce(numeric_scale, 0) AS numeric_scale,
    comment AS remarks
    FROM duckdb_columns() ANTI JOIN {SCHEMA}.outside USING (database_name, schema_name, table_name)
    WHERE NOT internal AND {_OWN}
  UNION ALL SELECT current_database(), schema_name, table_name, column_name, columnnum, left(external_type, 128),
    NULL, NULL, NULL, NULL FROM {SCHEMA}.described WHERE external_type IS NOT NULL;
CREATE VIEW {SCHEMA}.svv_redshift_columns AS
  SELECT current_database() AS database_name, * FROM {SCHEMA}.described WHERE external_type IS NULL;
CREATE VIEW {SCHEMA}.svv_external_columns AS
  SELECT current_database() AS redshift_database_name, schema_name AS schemaname, table_name AS tablename,
    column_name AS columnname, external_type, columnnum, part_key
    FROM {SCHEMA}.described WHERE external_type IS NOT NULL;
CREATE VIEW {SCHEMA}.svv_table_info AS
  SELECT database_name AS "database", schema_name AS "schema", table_name AS "table",
    CAST(estimated_size AS DECIMAL(38,0)) AS tbl_rows
    FROM duckdb_tables() ANTI JOIN {SCHEMA}.outside USING (database_name, schema_name, table_name)
    WHERE {_OWN} AND estimated_size > 0;
CREATE VIEW {SCHEMA}.pg_namespace AS SELECT oid, nspname FROM pg_catalog.pg_namespace;
CREATE VIEW {SCHEMA}.pg_class AS SELECT oid, relname, relnamespace FROM pg_catalog.pg_class;
CREATE VIEW {SCHEMA}.pg_constraint AS
  SELECT table_oid * 1000000 + constraint_index AS oid, table_oid AS conrelid,
    CASE constraint_type WHEN 'PRIMARY KEY' THEN 'p' ELSE 'f' END AS contype,
    coalesce((SELECT min(table_oid) FROM duckdb_tables() AS t
       WHERE t.table_name = c.referenced_table AND t.schema_name = c.schema_name), 0) AS confrelid
    FROM duckdb_constraints() AS c
    WHERE constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY') AND database_name = current_database();
"""


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    for statement in _VIEWS.split(";\n"):
        if statement.strip():
            connection.execute(statement)
