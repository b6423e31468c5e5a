"""L4: a whole arm64 machine with a kernel of its own, emulated."""
