"""The layout of the table: what a stack writes, and when the former one may go."""

from typing import Any

import pytest

from app.settings import TableLayout
from app.store.schema import FORMER_SHAPE, SHAPE
from infra.components.configuration import ConfigurationError
from infra.components.resource_graph import Deployment
from infra.components.table_layout import LAYOUT_OUTPUT
from tests.infra.components.deployment import deploy

#: A stack that a release without layouts has deployed, and one with each layout.
LIVE = {"api::Arn": "arn:aws:lambda:..."}
FORMER, CURRENT = ({**LIVE, LAYOUT_OUTPUT: layout} for layout in ("former", "current"))
KNOWS = {"TABLE_LAYOUT": "former"}


def layout_of(deployment: Deployment) -> TableLayout:
    """Return the layout of a stack, by its index, its functions and its outputs alike."""
    indexes = [index["name"] for index in deployment.one("Table")["globalSecondaryIndexes"]]
    functions = deployment.all("lambda/function:Function")
    told = {
        functions[name]["environment"]["variables"]["TABLE_LAYOUT"] for name in ("api", "order")
    }
    queried = {place for _, place in deployment.grants("api") if "/index/GSI1 " in place}
    [layout] = {*told, deployment.outputs[LAYOUT_OUTPUT]}
    is_former = layout == "former"
    shape = FORMER_SHAPE if is_former else SHAPE
    assert indexes == [index.name for index in shape.indexes]
    # Versions of a function share its role.
    assert {name.rpartition(" ")[2] for name in queried} == (
        {"BUYER#*", "CATALOG#*"} if is_former else set()
    )
    return TableLayout(layout)


@pytest.mark.parametrize(
    ("outputs", "config", "layout"),
    [
        ({}, {}, "current"),
        ({}, {"tableLayout": "former"}, "former"),
        (LIVE, {}, "former"),
        (FORMER, {}, "former"),
        (CURRENT, {}, "current"),
        (CURRENT, {"tableLayout": "former"}, "former"),
        (FORMER, {"tableLayout": "current", "live_settings": KNOWS}, "current"),
    ],
)
def test_a_stack_keeps_its_layout_until_its_file_says_otherwise(
    outputs: dict[str, str], config: dict[str, Any], layout: str
) -> None:
    assert layout_of(deploy(outputs_before=outputs, **config)) == layout


@pytest.mark.parametrize(
    ("outputs", "live"),
    [
        (LIVE, {}),
        # The last deployment is not what is live: it was taken back, or is still on trial.
        (FORMER, {}),
        (LIVE, KNOWS),
    ],
)
def test_the_former_layout_stays_while_a_release_that_needs_it_is_live(
    outputs: dict[str, str], live: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError, match=r"generic\.tableLayout is 'current', but what"):
        deploy(outputs_before=outputs, live_settings=live, tableLayout="current")
