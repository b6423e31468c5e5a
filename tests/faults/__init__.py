"""The long series of the fault catalogue: `scripts/faults` runs them, `docs/reliability.md` says what came out."""
