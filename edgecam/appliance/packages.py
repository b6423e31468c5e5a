"""How to get a package that edgecam does without, but had better have."""

import sys

# Where apt puts modules, for Debian's own Python: Debian Python Policy, "Module Path". An
# environment without the system's packages does not see it, nor does a Python from elsewhere.
_OF_APT = "/usr/lib/python3/dist-packages"


def how_to_get(package: str, *, extra: str) -> str:
    """The command that gets it for this Python: apt's package, or edgecam's extra by pip."""
    if _OF_APT in sys.path:
        return f"sudo apt install {package}"
    return f"{sys.prefix}/bin/pip install 'edgecam[{extra}]'"
