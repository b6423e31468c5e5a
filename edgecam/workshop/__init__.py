"""For a workbench, never for the daemon: what measures and judges."""
