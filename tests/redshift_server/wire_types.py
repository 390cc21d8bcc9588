"""What clients that read types from the catalog ask when they connect: the types of results, and no composite ones."""

import pyarrow as pa

TYPES_FORM = r"select oid, typname, typreceive, typbasetype, typrelid, typarray from pg_catalog\.pg_type .*"
ATTRIBUTES_FORM = r"select\s+attrelid,\s+attname,\s+atttypid\s+from\s+pg_catalog\.pg_attribute.*"
_TYPES = {
    16: ("bool", "boolrecv"),
    20: ("int8", "int8recv"),
    21: ("int2", "int2recv"),
    23: ("int4", "int4recv"),
    25: ("text", "textrecv"),
    700: ("float4", "float4recv"),
    701: ("float8", "float8recv"),
    1042: ("bpchar", "bpcharrecv"),
    1043: ("varchar", "varcharrecv"),
    1082: ("date", "date_recv"),
    1083: ("time", "time_recv"),
    1114: ("timestamp", "timestamp_recv"),
    1184: ("timestamptz", "timestamptz_recv"),
    1700: ("numeric", "numeric_recv"),
}


def types() -> pa.RecordBatch:
    oids = pa.array([*_TYPES], pa.int32())
    names, receivers = (pa.array([each[n] for each in _TYPES.values()]) for n in (0, 1))
    none = pa.array([0] * len(_TYPES), pa.int32())
    columns = {"oid": oids, "typname": names, "typreceive": receivers}
    return pa.record_batch({**columns, "typbasetype": none, "typrelid": none, "typarray": none})


def attributes() -> pa.RecordBatch:
    none = pa.array([], pa.int32())
    return pa.record_batch({"attrelid": none, "attname": pa.array([], pa.string()), "atttypid": none})
