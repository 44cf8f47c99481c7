"""What a new shop starts with, and plausible data to fill it further."""
