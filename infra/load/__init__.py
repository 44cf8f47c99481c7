"""Any number of simulated shoppers that check each answer.

``shop.py``, ``truth.py`` and ``shopper.py`` use the standard library alone and know the shop from
its published documents only; ``locustfile.py`` lets Locust run them.
"""
