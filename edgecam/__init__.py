"""edgecam says what a camera sees, over MQTT, and can never show it."""

__version__ = "0.2.0"
