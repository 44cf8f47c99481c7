"""What the shop did to the world: charges and shipments, as they went through the proxy.

An item in the table is keyed by its order, so there is never more than one, however often a
card was charged. So everything the functions try to store or to announce is written down,
whether or not it takes effect: two ids for one order are two charges, or two parcels.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_PUT = "DynamoDB_20120810.PutItem"
_SENDS = frozenset({"AmazonSQS.SendMessage", "AmazonSQS.SendMessageBatch"})


@dataclass
class SideEffects:
    """Every distinct charge, amount and shipment that was tried, by order."""

    charges: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    amounts: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    shipments: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: How many calls spoke of a charge or a shipment, repeats included.
    heard: Counter[str] = field(default_factory=Counter)

    def see(self, headers: Mapping[str, str], body: bytes) -> None:
        """Write down what a call to AWS would do."""
        target = headers.get("x-amz-target", "")
        if target == _PUT:
            self._see_item(json.loads(body)["Item"])
        elif target in _SENDS:
            sent = json.loads(body)
            for message in sent.get("Entries", [sent]):
                self._see_event(json.loads(message["MessageBody"]))

    def _see_item(self, item: Mapping[str, Any]) -> None:
        if "decided_at" not in item or not item["success"]["BOOL"]:
            return
        order_id = item["order_id"]["S"]
        self.heard["decisions"] += 1
        self.charges[order_id].add(item["transaction_id"]["S"])
        self.amounts[order_id].add(int(item["amount_cents"]["N"]))

    def _see_event(self, event: Mapping[str, Any]) -> None:
        kind, data = event["metadata"]["type"], event["data"]
        self.heard[kind] += 1
        if kind == "CreditCardValidated" and data["success"] == "true":
            self.charges[data["orderID"]].add(data["transactionID"])
        elif kind in {"ShipmentSent", "ShipmentDelivered"}:
            self.shipments[data["orderNumber"]].add(data["trackingNumber"])

    def problems(
        self, paid: Iterable[str], *, cents: int | None = None, declined: Iterable[str] = ()
    ) -> list[str]:
        """Return what is wrong: each paid order is charged and shipped once, no other is.

        ``cents`` is what each has to pay, where that is known.
        """
        found = []
        for order_id in paid:
            charges, shipments = self.charges[order_id], self.shipments[order_id]
            amounts = self.amounts[order_id]
            if len(charges) != 1:
                found.append(f"{order_id} was charged {len(charges)} times: {sorted(charges)}")
            if len(shipments) != 1:
                found.append(f"{order_id} was shipped {len(shipments)} times: {sorted(shipments)}")
            if len(amounts) != 1 or (cents is not None and amounts != {cents}):
                found.append(f"{order_id} was charged the amounts {sorted(amounts)}")
        found += [
            f"{order_id} was declined, and charged or shipped"
            for order_id in declined
            if self.charges[order_id] or self.shipments[order_id]
        ]
        for what, ids in (("charge", self.charges), ("parcel", self.shipments)):
            orders_of = Counter(
                effect_id for effect_ids in ids.values() for effect_id in effect_ids
            )
            found += [
                f"several orders share the {what} {effect_id}"
                for effect_id, n in orders_of.items()
                if n > 1
            ]
        return found

    def text(self) -> str:
        """Return how much was seen, for people."""
        charges = sum(len(charged) for charged in self.charges.values())
        shipments = sum(len(shipped) for shipped in self.shipments.values())
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(self.heard.items()))
        return (
            f"side effects seen by the proxy: {charges} charges of {len(self.charges)} orders, "
            f"{shipments} parcels of {len(self.shipments)} ({told})"
        )
