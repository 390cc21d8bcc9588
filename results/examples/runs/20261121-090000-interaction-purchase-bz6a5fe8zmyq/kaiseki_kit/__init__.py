"""What an analysis calls: data in, and measured facts, tables, charts and models out."""

from kaiseki_kit.charts import chart
from kaiseki_kit.data import load
from kaiseki_kit.facts import fact, setting
from kaiseki_kit.leaks import leakage
from kaiseki_kit.models import ModelReport, model
from kaiseki_kit.tables import table

__all__ = ["ModelReport", "chart", "fact", "leakage", "load", "model", "setting", "table"]
