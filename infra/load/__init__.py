"""Shoppers that know what every answer has to be, as many as a shop shall bear.

``shop.py``, ``truth.py`` and ``shopper.py`` use the standard library alone and know the shop from
its published documents only; ``locustfile.py`` lets Locust run them.
"""
