"""Notices that a camera sees badly, or something else than it used to, from its frames alone.

One file for each kind of trouble; `TroubleWatch` asks them all. What they keep of a frame is said
in each file, stays in memory, and is too little to be a picture.
"""

from edgecam.vision.trouble.watch import Change, TroubleWatch

__all__ = ["Change", "TroubleWatch"]
