"""What each `power` takes of a processor, before a still scene and before one that moves."""
