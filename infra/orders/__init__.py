"""Why an order stands where it stands (item, messages, log), and what mends it."""
