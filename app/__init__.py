"""The shop: domain, services, store, and what runs them."""
