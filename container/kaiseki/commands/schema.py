"""`kaiseki schema`: the tables of the warehouse as a question would see them."""

import argparse
import json

from kaiseki.build import open_warehouse
from kaiseki.catalog.guide import SchemaGuide
from kaiseki.catalog.linking import rank
from kaiseki.catalog.names import resolve
from kaiseki.commands import grants
from kaiseki.errors import InputError
from kaiseki.models import Catalog
from kaiseki.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.grants:
        return grants.run(arguments, settings)
    if arguments.user or arguments.role:
        raise InputError("--user and --role go with --grants", hint="add --grants, or leave them out")
    now = settings.now
    with open_warehouse(settings, now) as warehouse:
        if arguments.find is not None:
            return _find(arguments.find, warehouse.introspect(), arguments.json)
        guide = SchemaGuide(warehouse, now.date(), settings.budget.rows_per_query, settings.card_characters)
        studied = guide.study("")
    print(studied.catalog.model_dump_json() if arguments.json else studied.card.rstrip())
    return 0


def _find(question: str, catalog: Catalog, as_json: bool) -> int:
    if not question.strip():
        raise InputError("--find needs a question", hint='for example: kaiseki schema --find "orders per customer"')
    resolutions = resolve(question, catalog)
    ranked = rank(question, catalog, [resolution.found for resolution in resolutions])
    if as_json:
        found = [{"table": each.table.qualified, "score": each.score, "why": each.why} for each in ranked]
        named = [resolution.model_dump() for resolution in resolutions]
        print(json.dumps({"tables": found, "resolutions": named}, ensure_ascii=False))
        return 0
    for each in ranked:
        print(f"{each.score:8.2f}  {each.table.qualified}" + (f"  ({each.why})" if each.why else ""))
    return 0
