"""The project's benchmark: figures as ratios to a baseline of the same run, never seconds."""
