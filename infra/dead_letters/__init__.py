"""Dead letters: reading, explaining and redriving them."""
