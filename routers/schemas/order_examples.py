"""Examples of the bodies of orders that the published documents show."""

from typing import Any

from app.domain.payment import PAID_MESSAGE

CARD: dict[str, Any] = {
    "type": "visa",
    "number": "4111111111111111",
    "expMonth": "12",
    "expYear": "2030",
    "ccv": "123",
}
_ADDRESS: dict[str, Any] = {
    "street": "20 Riding Lane",
    "city": "San Francisco",
    "zip": "10201",
    "state": "CA",
    "country": "USA",
}
_ITEM: dict[str, Any] = {
    "itemid": "533445d-530e-4a76-9398-5d16713b827b",
    "quantity": 1,
    "price": 62.5,
}
NEW_ORDER: dict[str, Any] = {
    "firstname": "Walter",
    "lastname": "White",
    "email": "walter@acmefitness.com",
    "address": _ADDRESS,
    "delivery": "UPS/FEDEX",
    "card": CARD,
    "cart": [_ITEM],
    "total": "62.50",
}
STORED_ORDER: dict[str, Any] = {
    "_id": "a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1",
    "status": "shipped - pending delivery",
    "state": "shipped",
    "userid": "5c3939ea1d41c892ce243827",
    "firstname": "Walter",
    "lastname": "White",
    "address": _ADDRESS,
    "email": "walter@acmefitness.com",
    "delivery": "UPS/FEDEX",
    "card": {"type": "Visa", "number": "************1111", "expMonth": "12", "expYear": "2030"},
    "cart": [
        {
            "id": "533445d-530e-4a76-9398-5d16713b827b",
            "itemid": "533445d-530e-4a76-9398-5d16713b827b",
            "name": "Yoga Mat",
            "description": "",
            "quantity": 1,
            "price": 62.5,
        }
    ],
    "total": "62.50",
    "transactionID": "3f846704-af12-4ea9-a98c-8d7b37e10b54",
    "trackingNumber": "6bc3b96b-19e9-42d3-bff8-91a2c431d1d6",
    "declineReason": "",
    "placedAt": "2026-11-23T09:00:00.000000Z",
    "updatedAt": "2026-11-23T09:00:02.000000Z",
}
ORDER_DETAIL: dict[str, Any] = {
    **STORED_ORDER,
    "history": [
        {"state": "pending", "at": "2026-11-23T09:00:00.000000Z", "by": "api@1.0.0"},
        {"state": "paid", "at": "2026-11-23T09:00:01.000000Z", "by": "order@1.0.0"},
        {"state": "shipped", "at": "2026-11-23T09:00:02.000000Z", "by": "order@1.0.0"},
    ],
}
PLACED_ORDER: dict[str, Any] = {
    "order_id": "a4b6f0f2-5a5e-4f63-8a3e-52f4b1c4d0a1",
    "userid": "5c3939ea1d41c892ce243827",
    "payment": {
        "success": "true",
        "status": 200,
        "message": PAID_MESSAGE,
        "amount": "62.50",
        "transactionID": "3f846704-af12-4ea9-a98c-8d7b37e10b54",
    },
}
