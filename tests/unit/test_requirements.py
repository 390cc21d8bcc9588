"""A step's requirements are checked against what is installed, and the model is told what there is."""

from importlib.metadata import version

import pytest

from kaiseki.agent.requirements import offered, refused


@pytest.mark.parametrize(
    "text",
    [
        *("pandas", "Pandas", "scikit-learn", "scikit_learn", "Scikit.Learn", "sklearn"),
        *("scipy>=1.9", "scipy >= 1.9, < 99", f"numpy=={version('numpy')}", "numpy==2.*", "pandas[excel]>=2"),
    ],
)
def test_what_is_installed_may_be_required_however_it_is_spelled(text: str) -> None:
    assert refused([text]) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no-such-package", "no-such-package is not installed"),
        ("No_Such.Package>=1", "no-such-package is not installed"),
        ("scipy<1", f"scipy is installed as {version('scipy')}, which is not <1"),
        ("numpy==1.0.0", f"numpy is installed as {version('numpy')}, which is not ==1.0.0"),
        ("pandas @ https://example.org/pandas.whl", "more than the name of a package"),
        ("pandas; python_version > '3'", "more than the name of a package"),
        ("-r other.txt", "is not the name of a package"),
        ("", "is not the name of a package"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, said: str) -> None:
    failure = refused([text])

    assert failure is not None
    assert failure.type == "MissingPackage"
    assert said in failure.message


def test_all_that_is_missing_is_named_at_once_and_what_there_is_with_its_version() -> None:
    failure = refused(["pandas", "one-missing", "another-missing"])

    assert failure is not None
    assert failure.message == "one-missing is not installed; another-missing is not installed"
    assert f"pandas {version('pandas')}" in failure.hint
    assert f"scikit-learn {version('scikit-learn')}" in failure.hint


def test_only_what_is_installed_is_offered() -> None:
    names = [each.split(" ")[0] for each in offered()]

    assert {"pandas", "scipy", "duckdb"} <= set(names)
    assert all(version(name) for name in names)
