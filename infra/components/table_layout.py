"""Which layout of the table a stack writes, and when the former one may go.

Releases before ``TABLE_LAYOUT`` read the index ``GSI1`` and four partitions of each list. As long
as one of them is live, is on trial or may be gone back to, the stack keeps that index and its
functions write where such a release looks (app/DECISIONS.md, 21). So a stack that was last
deployed by one stays with the former layout until its file says ``tableLayout: current``, and that
is refused while the live functions do not know the setting.
"""

from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws

from app.settings import TableLayout
from infra.topology import FUNCTIONS, LIVE_ALIAS, function_name

#: The stack output with the layout of the last deployment.
LAYOUT_OUTPUT = "Table::Layout"
#: An output of every stack with functions, those of older releases included.
_FUNCTION_OUTPUT = "api::Arn"
_SETTING = "TABLE_LAYOUT"


def default_layout(outputs: Mapping[str, Any]) -> TableLayout:
    """Return the layout of a stack whose file names none, by the outputs of its deployment."""
    if _FUNCTION_OUTPUT not in outputs:
        return TableLayout.CURRENT
    return TableLayout(outputs.get(LAYOUT_OUTPUT, TableLayout.FORMER))


def check_layout(wanted: TableLayout, stack: str, outputs: Mapping[str, Any]) -> None:
    """See that what is live can do with the layout that is wanted.

    Raises:
        ValueError: it is of a release that needs the former one.
    """
    if wanted is TableLayout.FORMER or default_layout(outputs) is TableLayout.CURRENT:
        return
    former = [
        function.name
        for function in FUNCTIONS
        if _SETTING in function.settings and not _knows_layouts(function_name(stack, function.name))
    ]
    if LAYOUT_OUTPUT not in outputs or former:
        raise ValueError(
            "tableLayout is 'current', but what is live is of a release that needs the former "
            f"one ({', '.join(former) or 'the last deployment'}). Bring this release out with "
            "'former' first, to 100 % of all calls; then set 'current'"
        )


def _knows_layouts(name: str) -> bool:
    """Return whether the live version of a function is of a release with the setting."""
    live = aws.lambda_.get_function(function_name=name, qualifier=LIVE_ALIAS)
    return _SETTING in (live.environment.variables or {})
