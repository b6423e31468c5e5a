"""Fuzzing: what the parsers at the borders make of bytes that nobody meant for them."""
