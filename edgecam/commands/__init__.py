"""What a person runs, one file each; `edgecam.cli` finds them by name.

Each has `main(arguments) -> exit code`, with a parser of its own.
"""
