"""The photographs that come with edgecam; apart, so that naming them loads no OpenCV."""

from edgecam.config import INSTALLATION

SAMPLES = INSTALLATION / "models" / "samples"
"""The folder."""
