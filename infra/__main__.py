"""The Pulumi program of one stack; ``pulumi up`` runs this file."""

import pulumi

from infra.components.alarm_definitions import (
    function_alarms,
    gateway_alarms,
    queue_alarms,
    refusal_alarms,
    release_alarms,
    sweep_alarms,
    sweeper_alarms,
    table_alarms,
)
from infra.components.alarms import Alarms
from infra.components.budget import MonthlyBudget
from infra.components.cdn import CDN
from infra.components.configuration import read_configuration
from infra.components.error_reports import SentryDsn
from infra.components.functions import SharedResources, ShopFunction
from infra.components.gateway import Gateway
from infra.components.keys import CardKey, SigningKeys
from infra.components.notifications import Notifications
from infra.components.order_alarms import order_alarms
from infra.components.origin_header import OriginHeader
from infra.components.outputs import (
    export_addresses,
    export_function,
    export_image,
    export_queue,
    export_repository,
    export_table,
)
from infra.components.queues import Queues
from infra.components.repository import ImageRepository
from infra.components.security_alarms import security_alarms
from infra.components.static_site import StaticSite
from infra.components.table import Table
from infra.components.tags import tag_everything
from infra.components.traces import TraceSampling
from infra.components.triggers import QueueTrigger, RotationTrigger, ScheduleTrigger
from infra.topology import EVERY_FUNCTION, FUNCTIONS, LIVE_ALIAS, MAPPINGS, ROTATION, SWEEPER

configuration = read_configuration()
stack = configuration.stack
tag_everything(configuration)

# Storage: table, queues, keys, images, static site.
table = Table("table", configuration=configuration)
card_key = CardKey("cards", stack=stack, region=configuration.region)
queues = Queues("queues", stack=stack, card_key=card_key)
signing_keys = SigningKeys("signing-keys", stack=stack)
repository = ImageRepository("images", stack=stack, is_disposable=configuration.is_disposable)
site = StaticSite("pages", stack=stack)

# Notifications, the budget and the first alarms.
notifications = Notifications("notices", stack=stack, email=configuration.generic.alarm_email)
MonthlyBudget(
    "budget",
    stack=stack,
    limit_dollars=configuration.generic.monthly_budget,
    notifications=notifications,
)
definitions = [
    *queue_alarms(
        {name: queue.name for name, queue in queues.by_name.items()}, configuration.settings
    ),
    *table_alarms(table.name),
]

export_table(table)
export_image(configuration.generic.image)
export_repository(repository)
for name, queue in queues.by_name.items():
    export_queue(name, queue)

# Functions and what calls them. A new stack has no image yet, so it begins without them.
if configuration.generic.image is None:
    repository.url.apply(
        lambda url: pulumi.warn(f"No functions yet: push the image to {url}, then set 'image'.")
    )
else:
    origin_header = OriginHeader("origin-header", number=configuration.generic.origin_header)
    shared = SharedResources(
        table=table,
        queues=queues,
        card_key=card_key,
        signing_keys=signing_keys,
        origin_header=origin_header,
        sentry_dsn=SentryDsn("sentry-dsn", stack=stack) if configuration.generic.sentry else None,
    )
    functions = {
        function.name: ShopFunction(
            function,
            image=configuration.generic.image,
            configuration=configuration,
            shared=shared,
        )
        for function in EVERY_FUNCTION
    }
    for mapping in MAPPINGS:
        QueueTrigger(
            mapping,
            source=queues.by_name[mapping.queue],
            target=functions[mapping.function],
        )
    sweeper = ScheduleTrigger(SWEEPER, stack=stack, target=functions[SWEEPER.function])
    RotationTrigger("signing-keys", secret=signing_keys, target=functions[ROTATION.name])
    gateway = Gateway("gateway", configuration=configuration, target=functions["api"])
    every_name = {name: function.name for name, function in functions.items()}
    names = {function.name: every_name[function.name] for function in FUNCTIONS}
    aliases = {
        name: pulumi.Output.concat(function, ":", LIVE_ALIAS) for name, function in names.items()
    }
    versions = {
        name: function.canary_version
        for name, function in functions.items()
        if function.canary_version is not None
    }
    definitions += [
        *function_alarms(every_name),
        *refusal_alarms(names),
        *release_alarms(names, aliases, versions),
        *gateway_alarms(gateway.api_id, configuration.settings),
        *sweeper_alarms(sweeper.group),
        *sweep_alarms(names[SWEEPER.function]),
        *order_alarms(names),
        *security_alarms(names["api"]),
    ]
    if configuration.generic.trace_percent:
        TraceSampling("traces", stack=stack, percent=configuration.generic.trace_percent)
    cdn = CDN(
        "front",
        stack=stack,
        site=site,
        gateway=gateway,
        origin_header=origin_header,
        generic=configuration.generic,
        is_disposable=configuration.is_disposable,
    )

    for name, shop_function in functions.items():
        export_function(name, shop_function)
    export_addresses(cdn)

Alarms(
    "alarms",
    stack=stack,
    region=configuration.region,
    definitions=definitions,
    notifications=notifications,
)
