"""Writes users.csv and interactions.csv beside this file, always the same bytes.

    python input/make_input.py

What is planted in them, and how strongly, stands in README.md. Only the standard library's generator is used: its
stream is the same on every Python, whereas numpy's may change between releases.
"""

import csv
import math
import random
from datetime import datetime, timedelta
from pathlib import Path

SEED = 20_260_401
USERS = 1_000
INTERACTIONS = 20_000
DUPLICATES = 120
MISSING_AGES = 40
ACTIVE_USERS = (77, 204, 391, 512, 868)
ACTIVE_SHARE = 0.08
FIRST = datetime(2024, 1, 1)
DAYS = 730

GENDERS = (("Female", 0.48), ("Male", 0.46), ("Non-binary", 0.06))
TYPES_WITHOUT_PURCHASE = (("view", 0.58), ("click", 0.24), ("favorite", 0.10), ("add-to-cart", 0.08))
TYPE_IS_PURCHASE_IF_BOUGHT = 0.78
TYPE_IS_PURCHASE_IF_NOT = 0.002

INTERCEPT = -2.75
PER_POINT_OF_FEATURE1 = 0.028
PER_POINT_OF_FEATURE2 = -0.42
IN_THE_EVENING = 0.55
PER_DECADE_OVER_40 = -0.15


def pick(rng: random.Random, weighted: tuple[tuple[str, float], ...]) -> str:
    return rng.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


def make_users(rng: random.Random) -> list[list[object]]:
    without_age = set(rng.sample(range(1, USERS + 1), MISSING_AGES))
    return [
        [userid, "" if userid in without_age else min(80, 18 + int(rng.expovariate(1 / 20))), pick(rng, GENDERS)]
        for userid in range(1, USERS + 1)
    ]


def purchase_probability(feature1: float, feature2: float, hour: int, age: object) -> float:
    score = INTERCEPT + PER_POINT_OF_FEATURE1 * feature1 + PER_POINT_OF_FEATURE2 * feature2
    if 19 <= hour <= 22:
        score += IN_THE_EVENING
    if isinstance(age, int):
        score += PER_DECADE_OVER_40 * (age - 40) / 10
    return 1 / (1 + math.exp(-score))


def make_interaction(rng: random.Random, ages: dict[int, object]) -> list[object]:
    userid = rng.choice(ACTIVE_USERS) if rng.random() < ACTIVE_SHARE else rng.randint(1, USERS)
    moment = FIRST + timedelta(seconds=rng.randrange(DAYS * 86_400))
    feature1 = round(rng.uniform(0, 100), 2)
    feature2 = round(rng.expovariate(0.6), 2)
    bought = rng.random() < purchase_probability(feature1, feature2, moment.hour, ages[userid])
    given_away = rng.random() < (TYPE_IS_PURCHASE_IF_BOUGHT if bought else TYPE_IS_PURCHASE_IF_NOT)
    kind = "purchase" if given_away else pick(rng, TYPES_WITHOUT_PURCHASE)
    item = f"item-{1 + int(100 * rng.random() ** 1.6)}"
    return [userid, moment.isoformat(" "), item, kind, feature1, feature2, int(bought)]


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(folder: Path) -> None:
    rng = random.Random(SEED)  # noqa: S311 (data, not secrets)
    users = make_users(rng)
    ages = {int(str(user[0])): user[1] for user in users}
    interactions = [make_interaction(rng, ages) for _ in range(INTERACTIONS)]
    interactions += rng.sample(interactions, DUPLICATES)
    rng.shuffle(interactions)
    write(folder / "users.csv", ["userid", "age", "gender"], users)
    write(
        folder / "interactions.csv",
        ["userid", "timestamp", "itemid", "interactiontype", "feature1", "feature2", "purchase"],
        interactions,
    )


if __name__ == "__main__":
    main(Path(__file__).parent)
