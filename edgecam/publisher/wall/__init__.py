"""The publisher's side of the wall: what comes over it is judged, limited and understood."""
