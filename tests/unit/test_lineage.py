"""Each recorded value is traced to the queries behind it; a constant is traced to none."""

from collections.abc import Sequence
from textwrap import dedent

import pytest

from kaiseki.agent.lineage import trace, unbound
from kaiseki.models import Record

QUERIES = ("a", "b", "c")


def behind(*steps: str, queries: Sequence[str] = QUERIES, kit: str = "fact(") -> str:
    """The queries, in a row, behind the last call of `kit` in `steps`."""
    texts = [dedent(step).strip() for step in steps]
    lineage = trace(list(enumerate(texts, start=1)), queries)
    step, line = max((s, n) for s, t in enumerate(texts, 1) for n, code in enumerate(t.splitlines(), 1) if kit in code)
    return "".join(sorted(lineage.queries(step, line)))


CONSTANTS = {
    "a literal": 'fact("n", 5)',
    "a literal after a load": 'x = load("a")\nfact("n", 5)',
    "a name bound anew": 'x = load("a")\nx = 5\nfact("n", x)',
    "arithmetic of literals": "n = 2 * (3 + 4)\nfact('n', n ** 2)",
    "a literal beside a load": 'x, y = load("a"), 5\nfact("n", y)',
    "a swap": 'x, y = 5, load("a")\nx, y = y, x\nfact("n", y)',
    "imports": 'import math\ndf = load("a")\nfact("n", math.pi)',
    "a library's result of literals": 'df = pd.DataFrame(load("a"))\nfact("n", np.mean([1, 2]))',
    "a module that was given data before": 'm = np.mean(load("a"))\nfact("n", np.mean([1, 2]))',
    "a note that has data": 'df = load("a")\nfact("n", 5, note=f"of {len(df)}")',
    "a name that has data": 'df = load("a")\nfact(f"n_{len(df)}", 5)',
    "a function of literals": 'def f(x):\n    return x + 1\nf(load("a"))\nfact("n", f(1))',
    "a setting": 'level = setting("level", 0.05, "usual")\nfact("n", level)',
    "after a condition": 'if len(load("a")):\n    x = 1\nfact("n", 5)',
    "after a loop that data ends": 'for i in range(9):\n    if load("a").x[i]:\n        break\nfact("n", 5)',
    "after an early return": 'def f(d):\n    if d.x:\n        return 1\n    return 2\nf(load("a"))\nfact("n", 3)',
    "a deleted name": 'x = load("a")\ndel x\nx = 5\nfact("n", x)',
    "a comprehension's name does not leak": 'x = 5\ny = [x for x in load("a").x]\nfact("n", x)',
    "a parameter does not leak": 'x = 5\ndef f(x):\n    return x\nf(load("a"))\nfact("n", x)',
    "pure methods leave alone": 'x = [1]\ny = load("a").isin(x)\nfact("n", x[0])',
}


@pytest.mark.parametrize("code", CONSTANTS.values(), ids=CONSTANTS)
def test_a_constant_descends_from_nothing(code: str) -> None:
    assert behind(code) == ""


DESCENT = {
    "directly": ('fact("n", len(load("a")))', "a"),
    "by a name": ('q = "b"\nfact("n", len(load(q)))', "b"),
    "by keyword": ('fact(value=len(load(name="a")), name="n")', "a"),
    "of two": ('m = load("a").merge(load("b"), on="k")\nfact("n", len(m))', "ab"),
    "but not of the other side of a merge": ('a = load("a")\nm = a.merge(load("b"))\nfact("n", len(a))', "a"),
    "by alias of a kit function": ('from kaiseki_kit import load as get, fact as f\nf("fact(", len(get("a")))', "a"),
    "by the kit as a module": ('import kaiseki_kit as kit\nkit.fact("n", len(kit.load("a")))', "a"),
    "augmented": ('n = 0\nn += len(load("a"))\nfact("n", n)', "a"),
    "annotated": ('n: int = len(load("a"))\nfact("n", n)', "a"),
    "unpacked": ('(x, *y) = load("a").shape\nfact("n", y)', "a"),
    "chained": ('x = y = len(load("a"))\nfact("n", x)', "a"),
    "walrus": ('if (n := len(load("a"))) > 1:\n    pass\nfact("n", n)', "a"),
    "walrus in a comprehension": ('[last := v for v in load("a").x]\nfact("n", last)', "a"),
    "attribute store": ('import types\no = types.SimpleNamespace()\no.x = load("a")\nfact("n", len(o.x))', "a"),
    "subscript store": ('d = {}\nd["x"] = len(load("a"))\nfact("n", d["x"])', "a"),
    "nested subscript store": ('d = {"k": {}}\nd["k"]["x"] = len(load("a"))\nfact("n", d["k"]["x"])', "a"),
    "column store": ('d = load("a")\nd["y"] = load("b").y\nfact("n", d["y"].sum())', "ab"),
    "loc store": ('d = load("a")\nd.loc[0, "y"] = load("b").y[0]\nfact("n", d.y.sum())', "ab"),
    "append": ('xs = []\nxs.append(len(load("a")))\nfact("n", sum(xs))', "a"),
    "append through an alias": ('xs = []\nys = xs\nys.append(len(load("a")))\nfact("n", sum(xs))', "a"),
    "append through a container": ('xs = []\nd = {"k": xs}\nd["k"].append(load("a").x[0])\nfact("n", sum(xs))', "a"),
    "append through get": ('d = {"k": []}\nd.get("k").append(load("a").x[0])\nfact("n", sum(d["k"]))', "a"),
    "setdefault": ('d = {}\nd.setdefault("k", []).append(load("a").x[0])\nfact("n", d["k"])', "a"),
    "set add": ('s = set()\ns.add(load("a").x[0])\nfact("n", len(s))', "a"),
    "dict update": ('d = dict()\nd.update(x=load("a").x[0])\nfact("n", d["x"])', "a"),
    "fit": ('m = Model()\nm.fit(load("a"), load("b").y)\nfact("n", m.coef_[0])', "ab"),
    "fit then score": ('m = Model().fit(load("a"), 1)\nfact("n", m.score(load("c"), 1))', "ac"),
    "fit through a pipeline": (
        'c = Model()\np = make_pipeline(Scaler(), c)\np.fit(load("a"))\nfact("n", c.coef_)',
        "a",
    ),
    "heappush": ('import heapq\nh = []\nheapq.heappush(h, load("a").x[0])\nfact("n", h[0])', "a"),
    "out": ('o = np.zeros(3)\nnp.add(load("a").x, 1, out=o)\nfact("n", o[0])', "a"),
    "inplace": ('d = load("a")\nd.fillna(load("b").x.mean(), inplace=True)\nfact("n", d.x.sum())', "ab"),
    "for": ('n = 0\nfor row in load("a").itertuples():\n    n += 1\nfact("n", n)', "a"),
    "for over enumerate": ('t = 0\nfor i, v in enumerate(load("a").x):\n    t += v\nfact("n", t)', "a"),
    "a loop that hands on": (
        "x = y = z = 0\nfor i in range(5):\n    z = y\n    y = x\n    x = len(load('a'))\nfact('n', z)",
        "a",
    ),
    "while": ('n = 0\nwhile n < len(load("a")):\n    n += 1\nfact("n", n)', "a"),
    "break": ('for i in range(9):\n    if load("a").x[i]:\n        break\nfact("n", i)', "a"),
    "with": ('with wrap(load("a")) as f:\n    n = f.n\nfact("n", n)', "a"),
    "comprehension": ('fact("n", [x * 2 for x in load("a").x])', "a"),
    "comprehension of literals over data": ('fact("n", sum(1 for _ in load("a").x))', "a"),
    "comprehension condition": ('fact("n", [1 for _ in range(9) if len(load("a"))])', "a"),
    "dict comprehension": ('d = {k: len(load(k)) for k in ["a", "b"]}\nfact("n", d["a"])', "ab"),
    "lambda": ('f = lambda x: x + len(load("a"))\nfact("n", f(1))', "a"),
    "lambda handed on": ('d = load("a")\nfact("n", list(map(lambda i: d.x[i], [1, 2])))', "a"),
    "a key function": ('d = load("a")\nfact("n", sorted([1, 2], key=lambda i: d.x[i])[0])', "a"),
    "function": ('def f(x):\n    return x.mean()\nfact("n", f(load("a")))', "a"),
    "function by call": ('def f(x):\n    return len(x)\ni = f(load("a"))\nj = f(load("b"))\nfact("n", j)', "b"),
    "function that loads": ('def f(q):\n    return load(q)\ni = f("a")\nfact("n", len(f("b")))', "b"),
    "function with a free name": ('def f(x):\n    return x + len(d)\nd = load("a")\nfact("n", f(1))', "a"),
    "function that changes its argument": (
        'def f(xs, d):\n    xs.append(d)\nxs = []\nf(xs, load("a").x[0])\nfact("n", xs)',
        "a",
    ),
    "function that changes a global": (
        'n = 0\ndef f(d):\n    global n\n    n = len(d)\nf(load("a"))\nfact("n", n)',
        "a",
    ),
    "nonlocal": (
        "def f(d):\n    n = 0\n    def g():\n        nonlocal n\n        n = len(d)\n    g()\n    return n\n"
        'fact("n", f(load("a")))',
        "a",
    ),
    "closure": ('def f(d):\n    def g():\n        return len(d)\n    return g\ng = f(load("a"))\nfact("n", g())', "a"),
    "recursion": ('def f(d, n):\n    return f(d, n - 1) if n else len(d)\nfact("n", f(load("a"), 3))', "a"),
    "early return": ('def f(d):\n    if d.x:\n        return 1\n    return 2\nfact("n", f(load("a")))', "a"),
    "generator": ('def f(d):\n    for x in d.x:\n        yield 1\nfact("n", sum(f(load("a"))))', "a"),
    "default": ('def f(x=len(load("a"))):\n    return x\nfact("n", f())', "a"),
    "star arguments": (
        'def f(*xs, **kw):\n    return xs[0] + kw["k"]\nfact("n", f(len(load("a")), k=len(load("b"))))',
        "ab",
    ),
    "spread": ('def f(x, y):\n    return y\nxs = [1, len(load("a"))]\nfact("n", f(*xs))', "a"),
    "decorated": ('from functools import cache\n@cache\ndef f():\n    return len(load("a"))\nfact("n", f())', "a"),
    "class": (
        "class C:\n    def __init__(self, d):\n        self.d = d\n    def n(self):\n        return len(self.d)\n"
        'fact("n", C(load("a")).n())',
        "a",
    ),
    "class with state": (
        "class C:\n    def __init__(self):\n        self.n = 0\n    def add(self, d):\n        self.n += len(d)\n"
        'c = C()\nc.add(load("a"))\nfact("n", c.n)',
        "a",
    ),
    "property": (
        'class C:\n    @property\n    def n(self):\n        return len(load("a"))\nfact("n", C().n)',
        "a",
    ),
    "a method named like the kit": (
        'class C:\n    def load(self, q):\n        return load(q)\nfact("n", len(C().load("a")))',
        "a",
    ),
    "dataclass": (
        'from dataclasses import dataclass\n@dataclass\nclass C:\n    n: int\nfact("n", C(len(load("a"))).n)',
        "a",
    ),
    "try": ('try:\n    n = len(load("a"))\nexcept ValueError:\n    n = 0\nfact("n", n)', "a"),
    "except": ('d = load("a")\nn = 1\ntry:\n    d.x.check()\nexcept ValueError:\n    n = 0\nfact("n", n)', "a"),
    "state in the middle of a try": (
        'n = 0\ntry:\n    n = len(load("a"))\n    n = 5\nexcept ValueError:\n    pass\nfact("n", n)',
        "a",
    ),
    "finally": ('try:\n    pass\nfinally:\n    n = len(load("a"))\nfact("n", n)', "a"),
    "conditional expression": ('p = load("a").p[0]\nfact("n", "差がある" if p < 0.05 else "差はない")', "a"),
    "and, or": ('fact("n", load("a").empty and "none" or "some")', "a"),
    "assigned under a condition": ('v = "no"\nif load("a").p[0] < 0.05:\n    v = "yes"\nfact("n", v)', "a"),
    "appended under a condition": ('xs = []\nif load("a").p[0] < 0.05:\n    xs.append(1)\nfact("n", len(xs))', "a"),
    "recorded under a condition": ('if load("a").p[0] < 0.05:\n    fact("v", "yes")', "a"),
    "match": ('match load("a").shape:\n    case (n, _):\n        pass\nfact("n", n)', "a"),
    "match arm": (
        'match len(load("a")):\n    case 0:\n        v = "no"\n    case _:\n        v = "yes"\nfact("n", v)',
        "a",
    ),
    "a fact handed on": ('n = fact("n", len(load("a")))\nfact("m", n + 1)', "a"),
    "model": ('m = model("m", e, load("a"), load("b").y, predictions=load("c").p)\nfact("n", m.score)', "abc"),
    "f-string": ('fact("n", f"{len(load(\'a\'))} 件")', "a"),
    "slice": ('xs = list(range(100))\nfact("n", xs[:len(load("a"))])', "a"),
    "numpy": ('x = np.asarray(load("a").x)\ny = np.where(x > 0, 1, 0)\nfact("n", y.mean())', "a"),
    "groupby apply": ('def f(g):\n    return g.x.mean()\nfact("n", load("a").groupby("k").apply(f).max())', "a"),
    "scipy result": (
        'from scipy import stats\nr = stats.ttest_ind(load("a").x, load("b").x)\nfact("p", r.pvalue)',
        "ab",
    ),
    "a dynamic name": ('import sys\nfact("n", len(load(sys.argv[0])))', "abc"),
    "a name put together": ('q = "a" + ""\nfact("n", len(load(q)))', "abc"),
    "a loop over names": ('for q in ("a", "b"):\n    d = load(q)\nfact("n", len(d))', "ab"),
    "a list of names": ('qs = ["a"]\nqs.append("c")\nn = sum(len(load(q)) for q in qs)\nfact("n", n)', "ac"),
    "names from data": ('for q in load("a").columns:\n    d = load(q)\nfact("n", len(d))', "abc"),
    "eval": ('fact("n", eval("len(load(\'a\'))"))', "abc"),
    "print in between": ('d = load("a")\nprint(d.head())\nfact("n", d.x.sum())', "a"),
    "async": ('async def f():\n    return len(load("a"))\nimport asyncio\nfact("n", asyncio.run(f()))', "a"),
    "assert and raise": ('d = load("a")\nassert len(d), "空です"\nfact("n", len(d))', "a"),
    "what continue leaves": ('for i in range(3):\n    x = load("a")\n    continue\n    x = 1\nfact("n", x)', "a"),
    "what break leaves": (
        'for i in range(3):\n    x = load("a")\n    if i:\n        break\n    x = 1\nfact("n", x)',
        "a",
    ),
    "what return leaves": (
        'def f(i):\n    global x\n    x = load("a")\n    if i:\n        return\n    x = 1\nf(1)\nfact("n", x)',
        "a",
    ),
    "else of a try": ('y = 1\ntry:\n    load("a").check()\nexcept E:\n    pass\nelse:\n    y = 2\nfact("n", y)', "a"),
    "a function chosen by data": ('f = sum if load("a").p[0] else max\nfact("n", f([1, 2]))', "a"),
    "own function chosen by data": (
        'def f():\n    return 1\ndef g():\n    return 2\nh = f if load("a").p[0] else g\nfact("n", h())',
        "a",
    ),
    "a callback that is never called": (
        'x = load("a").x\ndef f(v):\n    global x\n    x = 1\nlist(map(f, []))\nfact("n", x)',
        "a",
    ),
    "one of several functions": (
        'x = load("a").x\ndef f():\n    return 1\nwhile random():\n    def f():\n        global x\n        x = 1\n'
        'f()\nfact("n", x)',
        "a",
    ),
    "a query chosen by data": ('q = "b" if load("a").p[0] else "c"\nfact("n", len(load(q)))', "abc"),
    "an attribute of a function": ('def f():\n    pass\ng = f\ng.n = len(load("a"))\nfact("n", f.n)', "a"),
    "an attribute of a class": ('class C:\n    pass\nC.n = len(load("a"))\nfact("n", C().n)', "a"),
    "japanese names": ('売上 = load("a")\n合計 = 売上["金額"].sum()\nfact("total", 合計)', "a"),
}


@pytest.mark.parametrize(("code", "expected"), DESCENT.values(), ids=DESCENT)
def test_a_value_descends_from_what_it_was_computed_from(code: str, expected: str) -> None:
    assert behind(code) == expected


def test_names_are_followed_across_steps_in_order() -> None:
    first, second = 'd = load("a")\nn = len(d)', 'd = load("b")'
    assert behind(first, second, 'fact("n", n)') == "a"
    assert behind(first, second, 'fact("n", len(d))') == "b"


def test_a_constant_stays_one_however_many_steps_came_before() -> None:
    data = 'd = load("a")\n' + "\n".join(f'x{i} = [d, {{"k": d}}]' for i in range(50))
    constants = [f"y = [1, 2]\nz = {{'k': 3}}\nfact('c{i}', y[0] + z['k'])" for i in range(50)]
    loaded, *recorded = trace(list(enumerate([data, "x = 1", *constants], start=1)), QUERIES).calls
    assert loaded.queries == {"a"}
    assert [call.queries for call in recorded] == [frozenset()] * 50


def test_a_call_within_a_function_counts_for_the_line_of_the_function() -> None:
    first = "def report(name, d):\n    fact(name, len(d))"
    assert behind(first, 'report("n", load("a"))\nreport("m", load("b"))') == "ab"


def test_a_function_that_only_a_library_calls_is_not_taken_for_a_constant() -> None:
    assert behind('@register\ndef f(d):\n    fact("n", d.x)') == "abc"


def test_tables_charts_and_models_have_their_queries() -> None:
    assert behind('table("t", load("a").head(), "上位")', kit="table(") == "a"
    assert (
        behind(
            'import altair as alt\nc = alt.Chart(load("a")).mark_bar().encode(x="x")\nchart("c", c, "図")', kit="chart("
        )
        == "a"
    )
    assert behind('model("m", e, load("a"), load("b").y, p)', kit="model(") == "ab"
    assert behind('d = load("a")', kit="load(") == "a"


PLOTS = {
    "axes": 'fig, ax = plt.subplots()\nax.plot(load("a").x)\nchart("c", fig, "図")',
    "several axes": 'fig, axs = plt.subplots(2)\naxs[0].bar(load("a").x, 1)\nchart("c", fig, "図")',
    "add_subplot": 'fig = plt.figure()\nfig.add_subplot(111).hist(load("a").x)\nchart("c", fig, "図")',
    "pyplot": 'plt.plot(load("a").x)\nchart("c", plt.gcf(), "図")',
    "pandas": 'load("a").x.plot.bar()\nchart("c", plt.gcf(), "図")',
    "a new figure": (
        'plt.figure()\nplt.plot(load("b").x)\nfig = plt.figure()\nplt.plot(load("a").x)\nchart("c", fig, "図")'
    ),
}


@pytest.mark.parametrize("code", PLOTS.values(), ids=PLOTS)
@pytest.mark.parametrize("import_", ["import matplotlib.pyplot as plt", "from matplotlib import pyplot as plt"])
def test_a_figure_descends_from_what_was_drawn_on_it(import_: str, code: str) -> None:
    assert behind(f"{import_}\n{code}", kit="chart(") == "a"


def test_any_line_of_a_call_finds_it_and_the_innermost_wins() -> None:
    code = (
        'table(\n    "t",\n    pd.DataFrame({\n        "n": [fact("n", len(load("a")))],\n'
        '        "m": load("b").m,\n    }),\n    "表",\n)'
    )
    lineage = trace([(3, code)], QUERIES)
    assert lineage.queries(3, 1) == lineage.queries(3, 8) == {"a", "b"}
    assert lineage.queries(3, 4, "n") == {"a"}
    assert lineage.queries(3, 5) == {"b"}


def test_calls_on_one_line_are_told_apart_by_the_name_they_record() -> None:
    lineage = trace([(1, 'fact("n", len(load("a"))); fact("m", 5)')], QUERIES)
    assert lineage.queries(1, 1, "n") == {"a"}
    assert lineage.queries(1, 1, "m") == frozenset()
    assert lineage.queries(1, 1) == {"a"}


def test_what_no_call_in_sight_recorded_may_descend_from_any_query() -> None:
    assert trace([(1, "x = 1")], QUERIES).queries(1, 1) == set(QUERIES)


@pytest.mark.parametrize("code", ["x = (", "x = " + "+".join(["1"] * 20_000), "x = '\x00'"])
def test_code_that_cannot_be_followed_may_use_any_query(code: str) -> None:
    lineage = trace([(1, code), (2, 'fact("n", len(load("a")))')], QUERIES)
    assert lineage.queries(2, 1) >= {"a"}


def test_code_that_explodes_is_given_up_in_time() -> None:
    calls = "".join(f"def f{n}(x):\n    return f{n - 1}(x) + f{n - 1}(x)\n" for n in range(1, 40))
    lineage = trace([(1, f'def f0(x):\n    return x\n{calls}fact("n", f39(len(load("a"))))')], QUERIES)
    assert lineage.queries(1, 81) >= {"a"}


def record(kind: str, name: str, line: int, step: int = 1) -> Record:
    return Record.model_validate({"kind": kind, "name": name, "step": step, "line": line})


def test_facts_that_are_constants_are_refused_and_settings_are_not() -> None:
    code = 'd = load("a")\nfact("n", len(d))\nfact("件数", 5)\nsetting("level", 0.05, "usual")'
    lineage = trace([(1, code)], QUERIES)
    records = [record("load", "a", 1), record("fact", "n", 2), record("fact", "件数", 3), record("setting", "level", 4)]
    (failure,) = unbound(records, lineage)
    assert (failure.kind, failure.type, failure.subject, failure.line) == ("facts", "UnboundFact", "件数", 3)
    assert "setting(name, value, note)" in failure.hint


def test_facts_that_a_model_records_are_bound_to_its_data() -> None:
    lineage = trace([(1, 'd = load("a")\nmodel("m", e, d, d.y, p)')], QUERIES)
    assert unbound([record("fact", "m_score", 2), record("model", "m", 2)], lineage) == ()
