"""``python -m tests.simulation.conformance``: do table and queues in memory answer like AWS?"""

import argparse
import asyncio
import os
import sys
from itertools import count

from app.store.dynamodb import DynamoDBClient
from infra.local.clients import Clients
from infra.local.deploy import deploy
from infra.local.emulator import Emulator
from infra.topology import queue_setting
from tests.simulation.conformance.queues import Emulated
from tests.simulation.conformance.queues import compare as compare_queues
from tests.simulation.conformance.table import compare
from tests.simulation.simulator.runner import say


def main() -> int:
    """Compare with an emulator of its own; return 1 if the two disagree."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.conformance.table")
    parser.add_argument("--n", type=int, default=50_000, help="how many calls")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    with Emulator() as emulator:
        stack = deploy(emulator.endpoint_url)
        client = DynamoDBClient(stack["REGION"], endpoint_url=emulator.endpoint_url)
        sqs = Clients(emulator.endpoint_url, stack["REGION"])("sqs")
        emulated = Emulated(sqs, lambda queue: stack[queue_setting(queue)])
        try:
            work = compare(client, stack["TABLE"], count=options.n, seed=options.seed)
            seen = asyncio.run(work)
            for seed in count(options.seed):
                seen.update(compare_queues(emulated, seed=seed))
                if emulated.calls >= options.n // 5:
                    break
        except AssertionError as failure:
            say(str(failure))
            return 1
    for name, times in sorted(seen.items()):
        say(f"{times:7,} {name}")
    say(f"{options.n:,} calls of the table, {emulated.calls:,} of the queues: the same answers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
