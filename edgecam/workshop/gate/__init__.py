"""What `edgecam.vision.motion` saves, and what it misses."""
