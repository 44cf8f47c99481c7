"""DynamoDB; nobody outside knows how it is reached."""
