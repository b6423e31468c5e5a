"""Faults that take long to show: the series that scripts/faults runs."""
