"""DynamoDB access; no other package imports the client."""
