"""How a name has to be written in Redshift SQL."""

import re

# Amazon Redshift Database Developer Guide, "Reserved words".
_RESERVED = """
    aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary
    blanksasnull both bytedict bzip2 case cast check collate column comprows compupdate connect constraint create
    credentials cross current_date current_time current_timestamp current_user current_user_id datetime default
    deferrable deflate defrag delimiters delta delta32k desc disable distinct do else emptyasnull enable encode encrypt
    encryption end except explicit explicit_ids false fillrecord for foreign freeze from full globaldict256
    globaldict64k grant group gzip having identity ignore ignoreblanklines ignoreheader ilike in initially inner
    intersect interval into is isnull join language leading left like limit localtime localtimestamp lun luns lzo lzop
    minus mostly16 mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open or order
    outer overlaps parallel partition percent permissions pivot placing primary qualify raw readratio recover references
    rejectlog resort respect restore right select session_user similar snapshot some start sysdate system table tag tdes
    text255 text32k then timestamp to top trailing true truncatecolumns union unique unnest unpivot user using verbose
    wallet when where with without
"""
RESERVED_WORDS = frozenset(_RESERVED.split())

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


def quoted(name: str) -> str:
    """`name` as SQL must write it: in double quotes unless it is plain lower case and no reserved word."""
    if _PLAIN.fullmatch(name) and name not in RESERVED_WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'
