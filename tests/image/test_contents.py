"""What lies in the image, what does not, and that nothing of it can be written."""

import json

import pytest

UNWANTED = ("litellm", "openai", "pip", "setuptools", "uv", "psutil", "pytest", "ensurepip", "test")
WRITABLE = """
import os, stat
# Owned by nobody in particular: what the kernel makes anew in each container.
apart = ("/proc", "/sys", "/dev", "/tmp", "/workspace/results")
for folder, names, files in os.walk("/"):
    names[:] = [name for name in names if os.path.join(folder, name) not in apart]
    for path in (folder, *(os.path.join(folder, name) for name in files)):
        if not os.path.islink(path) and os.access(path, os.W_OK): print(path)
for folder, names, files in os.walk("/dev"):
    for name in names:
        path = os.path.join(folder, name)
        if os.getuid() and not os.path.islink(path) and os.access(path, os.W_OK): print(path)
"""
STALE = """
import importlib.util, sys
from pathlib import Path
for folder in ("/opt", "/usr/lib/python3.13"):
    for source in Path(folder).rglob("*.py"):
        if source.name == "entrypoint.py" or "lib2to3/tests" in str(source): continue
        compiled = Path(importlib.util.cache_from_source(str(source)))
        if not compiled.exists():
            print("not compiled", source)
            continue
        head = compiled.read_bytes()[:16]
        unchecked = head[4:8] == b"\\1\\0\\0\\0"
        timely = head[4:8] == bytes(4) and int.from_bytes(head[8:12], "little") == int(source.stat().st_mtime)
        if head[:4] != importlib.util.MAGIC_NUMBER or not (unchecked or timely):
            print("stale", source)
"""
EXTENSIONS = """
import importlib, sysconfig
from pathlib import Path
site = Path(sysconfig.get_path("purelib"))
# Two want a screen; the third is not for import, in no installation.
absent = ("PIL._imagingtk", "matplotlib.backends._tkagg", "scipy.linalg._matfuncs_sqrtm_triu")
for file in sorted(site.rglob("*.so")):
    parts = file.relative_to(site).parts
    name = ".".join((*parts[:-1], parts[-1].split(".")[0]))
    if parts[0].endswith(".libs") or parts[-1].startswith("lib") or name in absent: continue
    try: importlib.import_module(name)
    except Exception as error:
        try:
            importlib.import_module(".".join(parts[:-1]))  # some can only be imported by their package
            importlib.import_module(name)
        except Exception: print(name, error)
"""
STACK = """
import io
import duckdb, numpy as np, pandas as pd, pyarrow as pa, pyarrow.parquet as pq, pyarrow.dataset, openpyxl, scipy.stats
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import cross_val_score
X, y = load_iris(return_X_y=True)
for estimator in (HistGradientBoostingClassifier(max_iter=10), RandomForestClassifier(n_jobs=2)):
    assert cross_val_score(estimator, X, y, n_jobs=2).mean() > 0.9
frame = pd.DataFrame({"name": ["a", "b", "b"], "value": [1.5, 2.5, 4.0]})
for name in ("frame.parquet", "frame.feather", "frame.csv", "frame.xlsx"):
    write, read = {
        "parquet": (frame.to_parquet, pd.read_parquet), "feather": (frame.to_feather, pd.read_feather),
        "csv": (lambda n: frame.to_csv(n, index=False), pd.read_csv),
        "xlsx": (lambda n: frame.to_excel(n, index=False), pd.read_excel),
    }[name.split(".")[1]]
    write(name)
    assert read(name).equals(frame), name
assert duckdb.sql("SELECT sum(value) FROM 'frame.parquet'").fetchall() == [(8.0,)]
assert scipy.stats.ttest_ind([1, 2, 3], [4, 5, 6]).pvalue < 0.05
import matplotlib.pyplot as plt
plt.plot([1, 2])
for suffix in ("png", "svg", "pdf"): plt.savefig(f"figure.{suffix}")
print("whole")
"""


def test_nothing_that_is_not_needed_can_be_imported(engine) -> None:
    script = f"import importlib.util\nprint([name for name in {UNWANTED} if importlib.util.find_spec(name)])"

    assert engine.python(script) == "[]\n"


@pytest.mark.parametrize("user", ["0", "10001", "60601"])
def test_only_temporary_folders_and_results_can_be_written(engine, user: str) -> None:
    assert set(engine.python(WRITABLE, f"--user={user}").split()) <= {"/dev/shm", "/dev/mqueue"}


def test_no_program_changes_the_user_that_runs_it(engine) -> None:
    script = """
import os
for folder, names, files in os.walk("/"):
    if folder in ("/proc", "/sys"): names.clear()
    for path in (os.path.join(folder, name) for name in files):
        if os.lstat(path).st_mode & 0o6000: print(path)
"""
    assert engine.python(script) == ""


def test_everything_is_compiled_and_python_takes_it(engine) -> None:
    assert engine.python(STALE) == ""


def test_every_extension_module_survived_the_trimming(engine) -> None:
    assert engine.python(EXTENSIONS) == ""


def test_generated_code_has_the_whole_data_stack(engine) -> None:
    ran = engine.run("sandbox", "run", "-", text=STACK)

    assert ran.stdout == "whole\n", ran.stderr


def test_the_packages_are_those_of_the_lock(engine) -> None:
    lock = (engine.repository / "requirements" / "image.txt").read_text()
    pinned = dict(line.split(" ")[0].split("==") for line in lock.splitlines() if "==" in line)
    script = """
import json
from importlib.metadata import distributions
print(json.dumps({d.metadata["Name"].lower().replace("_", "-").replace(".", "-"): d.version for d in distributions()}))
"""
    assert json.loads(engine.python(script)) == pinned


def test_the_services_that_a_run_calls_are_described(engine) -> None:
    services = "bedrock-runtime bedrock-agentcore dynamodb s3 sts sqs secretsmanager events redshift-data logs".split()
    script = f"import boto3\n[boto3.client(name, region_name='us-east-1') for name in {services}]\nprint('all')"

    assert engine.python(script) == "all\n"
