"""No call to AWS hides from the list of calls, and so from the crash tests."""

import pytest

from tests.simulation.crash_points.call_sites import Code, Site, shop_files, the_code
from tests.simulation.crash_points.hidden_calls import complaints

_SHIPMENTS, _PAYMENTS = "app/services/shipments.py", "app/services/payments.py"
_END = "    return shipment\n"


def planted(path: str, old: str, new: str, **others: str) -> dict[str, str]:
    """Return the shop's code with one place changed, and with other files beside it."""
    files = shop_files()
    assert files[path].count(old) == 1
    return {**files, path: files[path].replace(old, new), **others}


def new_sites(files: dict[str, str]) -> set[Site]:
    return set(Code(files).reachable_sites - the_code().reachable_sites)


def test_nothing_is_hidden_in_the_shop() -> None:
    assert list(complaints(shop_files())) == []


def test_a_second_call_in_a_branch_that_no_test_takes_is_a_call_site_of_its_own() -> None:
    more = f'    if message.delivery == "drone":\n        await queues.send(message)\n{_END}'

    assert new_sites(planted(_SHIPMENTS, _END, more)) == {(_SHIPMENTS, "ship_order", "send", 2)}


@pytest.mark.parametrize("path", ["app/audit.py", "app/domain/audit.py", "workers/audit.py"])
def test_a_call_in_any_folder_is_seen(path: str) -> None:
    module = path.removesuffix(".py").replace("/", ".")
    use = f"    from {module} import note\n    await note(queues)\n{_END}"
    text = "class Log:\n    async def write(self, table):\n        await table.put({})\n"
    text += (
        "async def note(queues):\n    await Log().write(queues)\n    await queues.send('', '')\n"
    )

    assert new_sites(planted(_SHIPMENTS, _END, use, **{path: text})) == {
        (path, "Log.write", "put", 0),
        (path, "note", "send", 0),
    }


@pytest.mark.parametrize(
    "lines",
    [
        "other = queues\n    await other.send('', '')",
        "[other] = [queues]\n    await other.send('', '')",
        "first, other = 1, queues\n    await other.send('', '')",
        "await (other := queues).send('', '')",
        "for other in (queues,):\n        await other.send('', '')",
        "await (lambda other: other.send('', ''))(queues)",
        "await getattr(queues, 'send')('', '')",
        "await get_queues().send('', '')",
        "other = get_queues()",
        "other: Queues = message",
        "tell(box=queues)",
        "tell(**{'box': queues})",
        "async def tell(box: Queues) -> None:\n        await box.send('', '')",
        "async def tell(box: 'Table | None') -> None:\n        await box.put({})",
        "return queues",
    ],
)
def test_another_name_for_table_or_queues_is_refused(lines: str) -> None:
    found = list(complaints(planted(_SHIPMENTS, _END, f"    {lines}\n{_END}")))

    assert found
    assert all(site.startswith(_SHIPMENTS) for site in found)


@pytest.mark.parametrize(
    "text",
    [
        "import boto3\n",
        "def tell():\n    import boto3.session\n",
        "from botocore.session import get_session\n",
        "from app.queues import get_client\n",
        "from app import queues\n\ndef tell():\n    queues.get_client()\n",
        "from app.aws.boto3_calls import client_config as config\n",
        "from app.security.signing_keys import secrets_client\n",
        "from app.store.table import open_table\n",
        "from app.store.dynamodb import DynamoDBClient\n",
        "from app.aws.connections import AsyncConnections\n",
        "from http.client import HTTPConnection\n",
        "from urllib.request import urlopen\n",
        "import importlib\n\nmodule = importlib.import_module('boto3')\n",
        "import app.queues\n",
        "from infra.local.clients import Clients\n",
        "from app.store.payments import decide_once\n\ndone = table.put({})\n",
    ],
)
def test_a_new_file_that_reaches_aws_by_itself_is_refused(text: str) -> None:
    found = list(complaints({**shop_files(), "app/notices.py": text}))

    assert found
    assert all(site.startswith("app/notices.py") for site in found)


def test_what_no_handler_comes_to_is_no_place() -> None:
    text = "async def note(table):\n    await table.put({})\n"

    assert new_sites({**shop_files(), "app/audit.py": text}) == set()


def test_two_calls_on_one_line_are_told_apart() -> None:
    old = "    await announce(queues, decision)\n"
    new = f"    await queues.send('', await queues.send('', ''))\n{old}"
    code = Code(planted(_PAYMENTS, old, new))
    line = shop_files()[_PAYMENTS].partition(old)[0].count("\n") + 1

    outer = code.site_within(_PAYMENTS, (line, 4), (line, 60), "send")
    inner = code.site_within(_PAYMENTS, (line, 26), (line, 50), "send")

    assert outer == (_PAYMENTS, "decide", "send", 0)
    assert inner == (_PAYMENTS, "decide", "send", 1)
    assert code.site_within(_PAYMENTS, (line, 4), (line, 60), "check") is None
