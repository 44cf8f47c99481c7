"""Ages in words."""

from datetime import timedelta


def age_text(age: int | timedelta) -> str:
    """Return an age, in seconds or as it is, in its two largest units."""
    total = age if isinstance(age, int) else max(0, int(age.total_seconds()))
    minutes, seconds = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2])
