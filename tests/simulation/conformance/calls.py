"""Random calls of the DynamoDB client, of the kinds the store makes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from app.store.schema import GSI1, GSI2, GSI3
from app.store.table import NOT_THERE, THERE
from tests.simulation.simulator.memory_table import MAX_ITEM_BYTES, Item

_INDEXES = (GSI1, GSI2, GSI3)
_TEXTS = ("", "a", "b", "ä€", "x" * 50)


@dataclass(frozen=True)
class Call:
    """One call of the client."""

    method: str
    arguments: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def is_query(self) -> bool:
        """Return whether it is answered page by page."""
        return self.method == "query"


class Caller:
    """Draws calls; the keys are few, so that calls meet."""

    def __init__(self, random: Random, table: str, run: str) -> None:
        """Draw from ``random``; ``run`` keeps the items apart from those of other runs."""
        self._random = random
        self._table = table
        self._run = run
        self._draws: list[tuple[int, Callable[[], Call]]] = [
            (20, self._put),
            (20, self._advance),
            (15, self._add_line),
            (10, self._set_quantity),
            (5, self._fill_in),
            (5, self._count),
            (10, self._get),
            (5, self._get_many),
            (5, self._delete),
            (5, self._put_many),
            (5, self._add_together),
            (15, self._query),
            (4, self._mistake),
        ]

    def draw(self) -> Call:
        """Return the next call."""
        weights = [weight for weight, _ in self._draws]
        [(_, draw)] = self._random.choices(self._draws, weights)
        return draw()

    # Arguments.

    def _key(self) -> Item:
        return {"PK": f"{self._run}#{self._random.randrange(6)}", "SK": self._random.choice("AB")}

    def _suffix(self) -> str:
        """Return what makes a key that is probably free, yet not one of endlessly many."""
        return f"-{self._random.randrange(20)}"

    def _value(self) -> Any:
        random = self._random
        return random.choice(
            (
                random.choice(_TEXTS),
                random.randrange(-5, 10**6),
                random.choice((True, False, None)),
                [random.choice(_TEXTS), random.randrange(9)],
                {"name": random.choice(_TEXTS), "deep": {"n": random.randrange(9)}},
                {},
                [],
            )
        )

    def _partition(self) -> str:
        return f"{self._run}!{self._random.randrange(3)}"

    def _item(self, fresh: str = "") -> Item:
        random = self._random
        item = self._key()
        item["PK"] += fresh
        item["state"] = random.randrange(1, 6)
        item["total_cents"] = random.choice((0, 1, 1, True))
        for name in random.sample(("q#1", "l#1", "status", "tracking_number", "other"), 2):
            item[name] = random.randrange(9) if name == "q#1" else self._value()
        for index in _INDEXES:
            if random.random() < 0.5:
                item[index.hash_key] = self._partition()
                if random.random() < 0.95:
                    # Unlike any other, so that the order of a page is certain.
                    item[index.range_key] = f"{random.randrange(9)}#{item['PK']}#{item['SK']}"
        return item

    # Calls as the store makes them.

    def _put(self) -> Call:
        condition = self._random.choice((None, NOT_THERE, NOT_THERE))
        return self._conditional("put_item", (self._table, self._item()), condition)

    def _conditional(
        self, method: str, arguments: tuple[Any, ...], condition: str | None, **options: Any
    ) -> Call:
        options["condition_expression"] = condition
        options["return_values_on_condition_check_failure"] = condition is not None
        return Call(method, arguments, options)

    def _update(
        self,
        expression: str,
        *,
        names: dict[str, str] | None = None,
        values: dict[str, Any] | None = None,
        condition: str | None = None,
    ) -> Call:
        return self._conditional(
            "update_item",
            (self._table, self._key()),
            condition,
            update_expression=expression,
            expression_attribute_names=names,
            expression_attribute_values=values,
            return_values=self._random.choice(("ALL_NEW", "ALL_OLD")),
        )

    def _advance(self) -> Call:
        random = self._random
        origins = {
            f":from{state}": state for state in random.sample(range(1, 6), random.choice((1, 2)))
        }
        expression = "SET #state = :state, #status = :status, updated_at = :now"
        values: dict[str, Any] = {":state": random.randrange(1, 6), ":status": "s", ":now": "n"}
        if random.random() < 0.5:
            expression += ", tracking_number = if_not_exists(tracking_number, :tracking_number)"
            values[":tracking_number"] = random.choice(_TEXTS)
        if random.random() < 0.5:
            expression += " REMOVE GSI3PK, GSI3SK"
        paid: dict[str, Any] = random.choice(({}, {":paid": random.randrange(2)}))
        return self._update(
            expression,
            names={"#state": "state", "#status": "status"},
            values={**values, **origins, **paid},
            condition=f"#state IN ({', '.join(origins)})" + " AND total_cents = :paid" * len(paid),
        )

    def _add_line(self) -> Call:
        random = self._random
        name = random.choice("12")
        return self._update(
            "SET #line = if_not_exists(#line, :line), user_id = :user, #key = :key, "
            "GSI2PK = if_not_exists(GSI2PK, :shard), GSI2SK = if_not_exists(GSI2SK, :place) "
            "ADD #quantity :quantity",
            names={
                "#line": f"l#{name}",
                "#quantity": f"q#{name}",
                "#key": f"k#{random.choice('12')}",
            },
            values={
                ":line": self._value(),
                ":key": f"{random.randrange(9)}#x",
                ":user": "u",
                ":shard": self._partition(),
                ":place": f"{random.random()}",
                ":quantity": random.randrange(-3, 9),
            },
            condition="attribute_not_exists(#key)",
        )

    def _set_quantity(self) -> Call:
        name = self._random.choice("12")
        if self._random.random() < 0.5:
            return self._update(
                "REMOVE #line, #quantity",
                names={"#line": f"l#{name}", "#quantity": f"q#{name}"},
                condition="attribute_exists(#quantity)",
            )
        return self._update(
            "SET #quantity = :quantity",
            names={"#quantity": f"q#{name}"},
            values={":quantity": self._random.randrange(9)},
            condition=self._random.choice(("attribute_exists(#quantity)", "#quantity = :quantity")),
        )

    def _fill_in(self) -> Call:
        return self._update(
            "SET tracking_number = if_not_exists(tracking_number, :tracking_number)",
            values={":tracking_number": self._value()},
            condition=self._random.choice((None, THERE)),
        )

    def _count(self) -> Call:
        name = self._random.choice(("q#1", "status", "other"))
        expression = "SET #count = :new"
        if self._random.random() < 0.5:
            most = self._random.choice((0, 4, 8))
            return self._update(
                expression,
                names={"#count": name},
                values={":new": self._random.randrange(9), ":most": most},
                condition="attribute_not_exists(#count) OR #count <= :most",
            )
        return self._update(
            "SET #two = :new",
            names={"#one": "tracking_number", "#two": "other"},
            values={":new": self._random.randrange(9), ":number": "N"},
            condition="NOT attribute_type(#one, :number) OR NOT attribute_type(#two, :number)",
        )

    def _get(self) -> Call:
        return Call("get_item", (self._table, self._key()), {"consistent_read": True})

    def _get_many(self) -> Call:
        return Call("batch_get", (self._table, self._different([self._key() for _ in range(4)])))

    def _different(self, items: list[Item]) -> list[Item]:
        return list({(item["PK"], item["SK"]): item for item in items}.values())

    def _delete(self) -> Call:
        key = self._key()
        key["PK"] += self._random.choice(("", self._suffix()))
        return Call("delete_item", (self._table, key))

    def _put_many(self) -> Call:
        items = self._different([self._item() for _ in range(3)])
        return Call("batch_write", (self._table,), {"put_items": items})

    def _add_together(self) -> Call:
        fresh = self._random.choice(("", self._suffix()))
        items = [self._item(fresh) for _ in range(2)]
        puts = [
            {"type": "put", "table": self._table, "item": item, "condition_expression": NOT_THERE}
            for item in items
        ]
        return Call("transact_write", (puts,))

    def _query(self) -> Call:
        random = self._random
        index, is_forward = random.choice(_INDEXES), random.random() < 0.5
        condition, names = "#p = :p", {"#p": index.hash_key}
        values = {":p": self._partition()}
        if random.random() < 0.5:
            condition += f" AND #s {'>' if is_forward else '<'} :s"
            names["#s"] = index.range_key
            values[":s"] = str(random.randrange(9))
        return Call(
            "query",
            (self._table, condition),
            {
                "expression_attribute_names": names,
                "expression_attribute_values": values,
                "index_name": index.name,
                "scan_index_forward": is_forward,
                "page_size": random.choice((1, 2, 5)),
            },
        )

    # Calls that are refused.

    def _mistake(self) -> Call:
        random, key = self._random, self._key()
        one = {":n": random.choice(("text", 1))}
        return random.choice(
            (
                lambda: Call("get_item", ("elsewhere", key), {"consistent_read": True}),
                lambda: Call("get_item", (self._table, {**key, "PK": ""}), {}),
                lambda: Call("put_item", (self._table, {**key, "SK": ""}), {}),
                lambda: Call("put_item", (self._table, {"PK": key["PK"]}), {}),
                lambda: Call("put_item", (self._table, {**key, "GSI1PK": 1, "GSI1SK": "s"}), {}),
                lambda: Call("put_item", (self._table, {**key, "GSI1PK": "", "GSI1SK": "s"}), {}),
                lambda: Call("put_item", (self._table, {**key, "t": "x" * MAX_ITEM_BYTES}), {}),
                lambda: Call("delete_item", (self._table, {"PK": key["PK"]}), {}),
                lambda: self._update("ADD #n :n", names={"#n": "status"}, values={":n": "text"}),
                lambda: self._update("ADD #n :n", names={"#n": "status"}, values=one),
                lambda: self._update("SET #n = :missing", names={"#n": "other"}, values=one),
                lambda: self._update("SET #missing = :n", values=one),
                lambda: self._update("SET other = :n", values={**one, ":unused": 1}),
                lambda: self._update("SET other = :n", names={"#unused": "a"}, values=one),
                lambda: self._update("SET other = :n, other = :n", values=one),
                lambda: self._update("SET PK = :n", values=one),
                lambda: self._update("SET GSI1PK = :n", values={":n": 1}),
                lambda: self._update("SET other = :n", values={":n": "x" * MAX_ITEM_BYTES}),
            )
        )()
