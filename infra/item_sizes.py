"""How large items are to DynamoDB, from its own JSON (``{"S": "text"}``).

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import base64
import math
from typing import Any

#: What a list or a map takes beside its content, and every element in it.
_CONTAINER_BYTES, _ELEMENT_BYTES = 3, 1


def value_size(value: dict[str, Any]) -> int:
    """Return the size of one attribute value (``{"S": "text"}``), in bytes."""
    kind, content = next(iter(value.items()))
    match kind:
        case "S":
            size = len(content.encode())
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0")
            size = math.ceil(len(digits) / 2) + 1 + content.startswith("-")
        case "B":
            size = len(base64.b64decode(content))
        case "M":
            size = _CONTAINER_BYTES + item_size(content) + _ELEMENT_BYTES * len(content)
        case "L":
            size = _CONTAINER_BYTES + sum(
                value_size(element) + _ELEMENT_BYTES for element in content
            )
        case "SS" | "NS" | "BS":
            size = sum(value_size({kind[0]: element}) for element in content)
        case _:  # Neither true nor nothing takes more.
            size = 1
    return int(size)


def item_size(item: dict[str, Any]) -> int:
    """Return the size of an item as DynamoDB counts it, in bytes."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())
