"""How surely `edgecam.vision.trouble` notices trouble, and how often where there is none."""
