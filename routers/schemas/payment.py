"""The result of a payment, as the answer to a new order shows it."""

from typing import Literal

from pydantic import Field

from app.domain.money import cents_to_text
from app.domain.payment import PAID_MESSAGE, PaymentDecision
from routers.schemas.public import PublicModel


class PaymentPublic(PublicModel):
    """The result of the payment; ``status`` is 400 for a refused card."""

    success: Literal["true", "false"] = Field(description="Whether the card was charged, as text.")
    status: Literal[200, 400] = Field(
        description="400 for a card that was refused; 200 when it was charged or is pending."
    )
    message: str = Field(
        description="`transaction successful`, `pending payment`, or why the card was refused."
    )
    amount: str = Field(
        description="Charged amount in dollars, as text: `0` if refused, empty while pending."
    )
    transactionID: str = Field(
        description="Id of the charge: `-1` if refused, empty while pending."
    )

    @classmethod
    def from_decision(cls, decision: PaymentDecision | None) -> "PaymentPublic":
        """Return the public form of a decision; None means that it is pending."""
        if decision is None:
            return cls(
                success="false",
                status=200,
                message="pending payment",
                amount="",
                transactionID="",
            )
        if decision.success:
            return cls(
                success="true",
                status=200,
                message=PAID_MESSAGE,
                amount=cents_to_text(decision.amount_cents),
                transactionID=decision.transaction_id,
            )
        return cls(
            success="false",
            status=400,
            message=decision.reason,
            amount="0",
            transactionID=decision.transaction_id,
        )
