"""The functions of Redshift that only read: the guard's allow-list, with how many arguments each takes and what it
returns. A name that is not in here is refused, whatever it may be elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.types import SqlType

Returns = SqlType | Callable[[list[SqlType]], SqlType]
Kind = Literal["scalar", "aggregate", "window"]


@dataclass(frozen=True)
class Signature:
    """`datepart`: the position of the argument that is a word (`month`), not an expression."""

    kind: Kind
    least: int
    most: int
    returns: Returns
    datepart: int | None = None

    def result(self, arguments: list[SqlType]) -> SqlType:
        return self.returns(arguments) if callable(self.returns) else self.returns


def _first(arguments: list[SqlType]) -> SqlType:
    return arguments[0] if arguments else types.UNKNOWN


def _common_after_first(arguments: list[SqlType]) -> SqlType:
    return types.common(arguments[1:])


def _decoded(arguments: list[SqlType]) -> SqlType:
    results = arguments[2::2] + (arguments[-1:] if len(arguments) % 2 == 0 else [])
    return types.common(results)


def _sum(arguments: list[SqlType]) -> SqlType:
    of = _first(arguments)
    if of == types.BIGINT:
        return types.numeric(types.MAX_PRECISION, 0)
    if of.is_integer:
        return types.BIGINT
    if of.name == "NUMERIC":
        return types.numeric(types.MAX_PRECISION, of.scale)
    return types.DOUBLE if of.is_float else types.UNKNOWN


def _average(arguments: list[SqlType]) -> SqlType:
    return types.BIGINT if _first(arguments).is_integer else _sum(arguments)


def _middle(arguments: list[SqlType]) -> SqlType:
    of = _first(arguments)
    return of if of.is_datetime else types.DOUBLE


def _shifted(arguments: list[SqlType]) -> SqlType:
    of = arguments[2] if len(arguments) > 2 else types.UNKNOWN
    return of if of in (types.TIMESTAMPTZ, types.TIME) else types.TIMESTAMP


def _truncated_to_part(arguments: list[SqlType]) -> SqlType:
    return types.TIMESTAMPTZ if arguments[-1] == types.TIMESTAMPTZ else types.TIMESTAMP


def _truncated(arguments: list[SqlType]) -> SqlType:
    return types.DATE if _first(arguments).is_datetime else _rounded(arguments)


def _rounded(arguments: list[SqlType]) -> SqlType:
    of = _first(arguments)
    return types.DOUBLE if of in (types.REAL, types.VARCHAR) else of


def _remainder(arguments: list[SqlType]) -> SqlType:
    return types.common(arguments)


def _family(kind: Kind, least: int, most: int, returns: Returns, names: str) -> dict[str, Signature]:
    return {name: Signature(kind, least, most, returns) for name in names.split()}


_ANY = 1_000

FUNCTIONS: dict[str, Signature] = {
    # aggregates
    **_family("aggregate", 1, 1, types.BIGINT, "count"),
    **_family("aggregate", 1, 1, _sum, "sum"),
    **_family("aggregate", 1, 1, _average, "avg"),
    **_family("aggregate", 1, 1, _first, "min max any_value"),
    **_family("aggregate", 1, 1, _middle, "median"),
    **_family("aggregate", 1, 1, types.DOUBLE, "stddev stddev_samp stddev_pop variance var_samp var_pop"),
    **_family("aggregate", 1, 2, types.VARCHAR, "listagg"),
    **_family("aggregate", 1, 1, types.DOUBLE, "percentile_cont percentile_disc"),
    **_family("aggregate", 1, 1, types.BOOLEAN, "bool_and bool_or"),
    **_family("aggregate", 1, 1, _first, "bit_and bit_or"),
    # windows
    **_family("window", 0, 0, types.BIGINT, "row_number rank dense_rank"),
    **_family("window", 0, 0, types.DOUBLE, "percent_rank cume_dist"),
    **_family("window", 1, 1, types.BIGINT, "ntile"),
    **_family("window", 1, 2, _first, "lag lead"),
    **_family("window", 1, 1, _first, "first_value last_value"),
    **_family("window", 2, 2, _first, "nth_value"),
    **_family("window", 1, 1, types.DOUBLE, "ratio_to_report"),
    # conditions
    **_family("scalar", 1, _ANY, types.common, "coalesce nvl greatest least"),
    **_family("scalar", 3, 3, _common_after_first, "nvl2"),
    **_family("scalar", 2, 2, _first, "nullif"),
    **_family("scalar", 3, _ANY, _decoded, "decode"),
    # dates and times
    **_family("scalar", 0, 0, types.TIMESTAMP, "getdate sysdate"),
    **_family("scalar", 0, 0, types.DATE, "current_date"),
    "dateadd": Signature("scalar", 3, 3, _shifted, datepart=0),
    "date_add": Signature("scalar", 3, 3, _shifted, datepart=0),
    "datediff": Signature("scalar", 3, 3, types.BIGINT, datepart=0),
    "date_diff": Signature("scalar", 3, 3, types.BIGINT, datepart=0),
    "date_part": Signature("scalar", 2, 2, types.DOUBLE, datepart=0),
    "date_trunc": Signature("scalar", 2, 2, _truncated_to_part, datepart=0),
    **_family("scalar", 1, 1, types.INTEGER, "date_part_year"),
    **_family("scalar", 2, 2, types.TIMESTAMP, "add_months"),
    **_family("scalar", 2, 2, types.DOUBLE, "months_between"),
    **_family("scalar", 1, 1, types.DATE, "last_day"),
    **_family("scalar", 2, 2, types.DATE, "next_day"),
    **_family("scalar", 2, 2, types.INTEGER, "date_cmp timestamp_cmp"),
    **_family("scalar", 2, 3, types.TIMESTAMP, "convert_timezone"),
    **_family("scalar", 2, 3, types.DATE, "to_date"),
    **_family("scalar", 2, 3, types.TIMESTAMPTZ, "to_timestamp"),
    **_family("scalar", 2, 2, types.VARCHAR, "to_char"),
    **_family("scalar", 2, 2, types.numeric(types.MAX_PRECISION, 0), "to_number"),
    # numbers
    **_family("scalar", 1, 1, _first, "abs ceil ceiling floor"),
    **_family("scalar", 1, 1, types.DOUBLE, "sign"),
    **_family("scalar", 1, 2, _rounded, "round"),
    **_family("scalar", 1, 2, _truncated, "trunc"),
    **_family("scalar", 2, 2, _remainder, "mod"),
    **_family("scalar", 2, 2, types.DOUBLE, "power pow atan2"),
    **_family("scalar", 1, 1, types.DOUBLE, "sqrt cbrt exp dexp ln dlog1 dlog10 acos asin atan cos cot sin tan"),
    **_family("scalar", 1, 1, types.DOUBLE, "degrees radians"),
    **_family("scalar", 1, 2, types.DOUBLE, "log"),
    **_family("scalar", 0, 0, types.DOUBLE, "pi random"),
    **_family("scalar", 1, 1, types.VARCHAR, "to_hex"),
    **_family("scalar", 2, 2, types.BIGINT, "strtol"),
    # strings
    **_family("scalar", 1, 1, types.VARCHAR, "lower upper initcap reverse chr soundex md5 sha sha1 func_sha1"),
    **_family("scalar", 1, 2, types.VARCHAR, "ltrim rtrim btrim trim"),
    **_family("scalar", 2, 2, types.VARCHAR, "concat left right repeat replicate sha2"),
    **_family("scalar", 2, 3, types.VARCHAR, "lpad rpad"),
    **_family("scalar", 2, 3, types.VARCHAR, "substring substr"),
    **_family("scalar", 3, 3, types.VARCHAR, "replace translate split_part"),
    **_family("scalar", 1, 1, types.INTEGER, "len length char_length character_length textlen octet_length ascii"),
    **_family("scalar", 2, 2, types.INTEGER, "strpos charindex position difference"),
    **_family("scalar", 1, 1, types.VARCHAR, "crc32 quote_ident quote_literal"),
    **_family("scalar", 2, 4, types.INTEGER, "regexp_count"),
    **_family("scalar", 2, 6, types.INTEGER, "regexp_instr"),
    **_family("scalar", 2, 5, types.VARCHAR, "regexp_replace"),
    **_family("scalar", 2, 6, types.VARCHAR, "regexp_substr"),
    **_family("scalar", 1, _ANY, types.BIGINT, "checksum fnv_hash farmfingerprint64 hll"),
    **_family("scalar", 1, 1, types.VARBYTE, "from_hex"),
    **_family("scalar", 2, 2, types.VARBYTE, "to_varbyte"),
    **_family("scalar", 2, 2, types.INTEGER, "timestamptz_cmp date_cmp_timestamp timestamp_cmp_date interval_cmp"),
    **_family("scalar", 2, 2, types.TIMESTAMPTZ, "timezone"),
    # JSON, in text and in SUPER
    **_family("scalar", 2, _ANY, types.VARCHAR, "json_extract_path_text"),
    **_family("scalar", 2, 3, types.VARCHAR, "json_extract_array_element_text"),
    **_family("scalar", 1, 2, types.INTEGER, "json_array_length"),
    **_family("scalar", 1, 1, types.BOOLEAN, "is_valid_json is_valid_json_array can_json_parse"),
    **_family("scalar", 1, 1, types.SUPER, "json_parse"),
    **_family("scalar", 1, 1, types.VARCHAR, "json_serialize json_typeof"),
    **_family("scalar", 1, _ANY, types.SUPER, "array array_concat array_flatten object split_to_array subarray"),
    **_family("scalar", 1, 1, types.INTEGER, "get_array_length json_size"),
    **_family("scalar", 1, 1, types.BOOLEAN, "is_array is_object is_scalar is_integer is_bigint is_smallint"),
    **_family("scalar", 1, 1, types.BOOLEAN, "is_boolean is_char is_varchar is_decimal is_float"),
}
