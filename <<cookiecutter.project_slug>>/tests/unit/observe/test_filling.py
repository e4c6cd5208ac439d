"""Variables become values, and one that has none is an error."""

import pytest

from <<cookiecutter.package_name>>.observe.filling import FillingError, fill, local_values

VALUES = local_values("credit", "v7", "recall", interval="20s", environment="prod")


@pytest.mark.parametrize(
    ("expr", "filled"),
    [
        ('a{model_name="$model",x=~"$environment"}', 'a{model_name="credit",x=~".*"}'),
        ('a{n=~"$model-$environment"}[$__rate_interval]', 'a{n=~"credit-.*"}[20s]'),
        ('a{metric="${metric}"}', 'a{metric="recall"}'),
        ('a{v="{{args.version}}"}[{{args.window}}]', 'a{v="v7"}[5m]'),
        ('a{namespace="none"}', 'a{namespace="credit-prod"}'),
        ("vector(1)", "vector(1)"),
    ],
)
def test_values_are_put_in(expr, filled):
    assert fill(expr, VALUES) == filled


@pytest.mark.parametrize(("expr", "name"), [("a{b=~'$nobody'}", "nobody"), ("{{args.x}}", "x")])
def test_a_variable_without_a_value_is_named(expr, name):
    with pytest.raises(FillingError, match=f"no value for '{name}'"):
        fill(expr, VALUES)
