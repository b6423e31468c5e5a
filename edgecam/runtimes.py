"""The interpreters that there are, told without loading one: both halves say which is used."""

import importlib.util

from edgecam.errors import ModelError

# Which module and distribution stand behind each value of model.runtime.
RUNTIMES = {
    "litert": ("ai_edge_litert", "ai-edge-litert"),
    "tflite-runtime": ("tflite_runtime", "tflite-runtime"),
}


def chosen(choice: str) -> str:
    """`litert` or `tflite-runtime`: what a value of model.runtime comes to on this machine.

    Raises ModelError where it is not installed.
    """
    wanted = tuple(RUNTIMES) if choice == "auto" else (choice,)
    for name in wanted:
        if is_installed(RUNTIMES[name][0]):
            return name
    packages = " or ".join(RUNTIMES[name][1] for name in wanted)
    msg = f"{packages} is not installed here: pip install {RUNTIMES[wanted[0]][1]}"
    raise ModelError(msg, option="model.runtime")


def is_installed(module: str) -> bool:
    """Whether a module could be imported, without importing it."""
    return importlib.util.find_spec(module) is not None


def version(name: str) -> str:
    """`ai-edge-litert 2.3.0`, for a name that `chosen` gave."""
    # Only the publisher says it; vision need not carry what reading e-mail headers takes (1.4 MB).
    from importlib import metadata  # noqa: PLC0415

    distribution = RUNTIMES[name][1]
    return f"{distribution} {metadata.version(distribution)}"
