"""What the units of both halves refuse, line by line, and how that is shown."""
