"""SQS: one module per function; they parse, call a service and report failures."""
