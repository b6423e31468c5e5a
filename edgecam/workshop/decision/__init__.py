"""How well `edgecam.vision.decision` decides, against simpler ways to do it."""
