"""The way to the broker: which one, how it is trusted, what it is told and has taken."""
