"""What each release stored, sent and handed out, as files that later releases must read."""
