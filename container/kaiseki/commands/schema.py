"""`kaiseki schema`: the tables of the warehouse as a question would see them."""

import argparse
import json
import sys

from kaiseki.build import open_knowledge, open_warehouse
from kaiseki.catalog.guide import Found, SchemaGuide
from kaiseki.commands import grants
from kaiseki.errors import InputError
from kaiseki.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.grants:
        return grants.run(arguments, settings)
    if arguments.user or arguments.role:
        raise InputError("--user and --role go with --grants", hint="add --grants, or leave them out")
    now, rows = settings.now, settings.budget.row_cap
    knowledge = open_knowledge(settings)
    with open_warehouse(settings, now) as warehouse:
        guide = SchemaGuide(warehouse, now.date(), rows, settings.card_characters, knowledge)
        if arguments.find is not None:
            _show_found(_found(arguments.find, guide), arguments.json)
        else:
            studied = guide.study("")
            print(studied.catalog.model_dump_json() if arguments.json else studied.card.rstrip())
        for line in guide.knowledge_left_out:
            print(f"kaiseki: {line}", file=sys.stderr)
    return 0


def _found(question: str, guide: SchemaGuide) -> Found:
    if not question.strip():
        raise InputError("--find needs a question", hint='for example: kaiseki schema --find "orders per customer"')
    return guide.find(question)


def _show_found(found: Found, as_json: bool) -> None:
    if as_json:
        tables = [{"table": each.table.qualified, "score": each.score, "why": each.why} for each in found.tables]
        named = [resolution.model_dump() for resolution in found.resolutions]
        print(json.dumps({"tables": tables, "resolutions": named}, ensure_ascii=False))
        return
    for each in found.tables:
        print(f"{each.score:8.2f}  {each.table.qualified}" + (f"  ({each.why})" if each.why else ""))
