"""What the shop costs a month, from metered journeys, assumptions with reasons, and prices."""
