"""What happened to the orders of a local shop: ``/dev/orders``.

API and workers send their spans to a collector in the shop's own process (``collector.py``), as
they would send them to any other, and the workers' hosts tell it what the messages said
(``messages.py``). The API's process shows it (``pages.py``). Nothing of this ships, and nothing
is kept when the shop stops.
"""
