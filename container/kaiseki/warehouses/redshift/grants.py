"""The SQL that makes the user of Redshift by whom runs read: SELECT on the schemas that may be read, and nothing else.

Standard library only: `kaiseki schema --grants` prints it, and the deployment of a new warehouse runs it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

QUERY_GROUP = "kaiseki"  # that of the program's own sessions
STATEMENT_SECONDS = 600  # beyond what the program asks of its own
Kinds = Mapping[str, str]  # the name of a schema -> local, external or shared


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon, and the reason why it is there. `alone`: not within a transaction."""

    sql: str
    why: str = ""
    alone: bool = False


def user_of_role(role: str) -> str:
    """As whom Redshift knows who signs in by the IAM role of this name or ARN."""
    return f"IAMR:{role.rsplit('/', 1)[-1]}"


def grants(user: str, database: str, schemas: Sequence[str], kinds: Kinds) -> tuple[Statement, ...]:
    """What the user is granted, in the order to run it; a schema whose kind is not known is taken to be local.

    What the user was granted on other local or external schemas among `kinds` is taken back.
    """
    of = {
        kind: [name for name in schemas if kinds.get(name, "local") == kind] for kind in ("local", "external", "shared")
    }
    others = {kind: [n for n, k in kinds.items() if k == kind and n not in schemas] for kind in ("local", "external")}
    return (
        *confined(user, database),
        *granted(user, of["local"]),
        *granted_external(user, database, of["external"]),
        *_granted_shared(user, database, of["shared"]),
        *revoked(user, others["local"]),
        *revoked_external(user, others["external"]),
    )


def created(user: str) -> Statement:
    return Statement(
        f"CREATE USER {_quoted(user)} PASSWORD DISABLE",
        "Signs in by credentials of IAM; PASSWORD '...' where it has one. Leave this out where the user is there.",
    )


def made(schema: str) -> Statement:
    return Statement(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}", "Tables may come later.")


def confined(user: str, database: str) -> tuple[Statement, ...]:
    """What holds whatever it reads. What everybody may do by default is taken from PUBLIC, which every user is of."""
    name = _quoted(user)
    return (
        Statement(
            f"ALTER USER {name} SET statement_timeout TO {STATEMENT_SECONDS * 1_000}", "No statement goes on for ever."
        ),
        Statement(f"ALTER USER {name} SET query_group TO '{QUERY_GROUP}'", "Workload management can tell its queries."),
        Statement(
            f"ALTER USER {name} SET search_path TO public",
            "A name without a schema means public, never a schema that is called as the user.",
        ),
        Statement(
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "Every user may create tables there by default, and every user loses it: GRANT it to those who need it.",
        ),
        Statement(
            f"REVOKE TEMPORARY ON DATABASE {_quoted(database)} FROM PUBLIC, {name}",
            "The same of temporary tables.",
        ),
    )


def granted(user: str, schemas: Sequence[str]) -> tuple[Statement, ...]:
    if not schemas:
        return ()
    name, listed = _quoted(user), _listed(schemas)
    return (
        Statement(f"GRANT USAGE ON SCHEMA {listed} TO {name}", "What may be read, now ..."),
        Statement(f"GRANT SELECT ON ALL TABLES IN SCHEMA {listed} TO {name}"),
        Statement(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {listed} GRANT SELECT ON TABLES TO {name}",
            "... and later: tables that whoever runs this creates there. For those of others, again with FOR USER.",
        ),
    )


def granted_external(user: str, database: str, schemas: Sequence[str]) -> tuple[Statement, ...]:
    if not schemas:
        return ()
    name, why = _quoted(user), "External tables take no SELECT of their own: who may use the schema may read them."
    return (
        Statement(
            f"GRANT TEMPORARY ON DATABASE {_quoted(database)} TO {name}",
            "Redshift reads external tables only for users who may create temporary ones.",
        ),
        Statement(f"GRANT USAGE ON SCHEMA {_listed(schemas)} TO {name}", why, alone=True),
    )


def assuming(user: str, role: str) -> Statement:
    """By which the user may have Redshift write as the IAM role of this ARN."""
    return Statement(
        f"GRANT ASSUMEROLE ON '{role}' TO {_quoted(user)} FOR UNLOAD",
        "Where REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL was run. Leave this out elsewhere: every user may.",
    )


def revoked(user: str, schemas: Sequence[str]) -> tuple[Statement, ...]:
    if not schemas:
        return ()
    name, listed = _quoted(user), _listed(schemas)
    return (
        Statement(
            f"REVOKE ALL ON SCHEMA {listed} FROM {name}", "What may not be read, should it have been granted before."
        ),
        Statement(f"REVOKE ALL ON ALL TABLES IN SCHEMA {listed} FROM {name}"),
        Statement(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {listed} REVOKE ALL ON TABLES FROM {name}"),
    )


def revoked_external(user: str, schemas: Sequence[str]) -> tuple[Statement, ...]:
    if not schemas:
        return ()
    why = "The same of external schemas."
    return (Statement(f"REVOKE USAGE ON SCHEMA {_listed(schemas)} FROM {_quoted(user)}", why, alone=True),)


def script(statements: Sequence[Statement]) -> str:
    """As a file of SQL, with the reasons as comments."""
    lines: list[str] = []
    for statement in statements:
        lines += [f"-- {statement.why}"] if statement.why else []
        lines.append(f"{statement.sql};")
    return "\n".join(lines)


def _granted_shared(user: str, database: str, schemas: Sequence[str]) -> tuple[Statement, ...]:
    databases = dict.fromkeys(schema.rpartition(".")[0] or database for schema in schemas)
    why = "A database that is shared with this one is granted as a whole, if it was not created WITH PERMISSIONS."
    return tuple(
        Statement(f"GRANT USAGE ON DATABASE {_quoted(each)} TO {_quoted(user)}", why, alone=True) for each in databases
    )


def _listed(schemas: Sequence[str]) -> str:
    return ", ".join(_quoted(schema) for schema in schemas)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
