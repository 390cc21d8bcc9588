"""The schemas of a Redshift database, with their kinds: `local`, `external` or `shared`."""

from kaiseki.warehouses.redshift.connection import Connection

_SCHEMAS = """SELECT CASE WHEN database_name = current_database() THEN schema_name
  ELSE database_name || '.' || schema_name END, schema_type
FROM svv_all_schemas
WHERE (database_name = current_database() OR schema_type = 'shared')
  AND schema_name NOT IN ('information_schema', 'catalog_history') AND schema_name NOT LIKE 'pg!_%' ESCAPE '!'
ORDER BY 1"""


def read_schemas(connection: Connection) -> dict[str, str]:
    """Name -> kind, as far as the user may see them; those of other databases as `database.schema`.

    Raises ServerError and ConnectionLost.
    """
    return {str(name).lower(): str(kind).lower() for name, kind in connection.execute(_SCHEMAS).rows}
