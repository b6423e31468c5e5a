"""The half that sees pixels and has no network."""
