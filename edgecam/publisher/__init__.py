"""The half that has the network and no camera."""
