"""What may be published as a label: of a model's, and of a group's in the configuration."""

import msgspec

MAX_LABEL_BYTES = 64  # as JSON, without the quotes: what a label takes up in a payload


def label_problem(label: str) -> str:
    """Why a label cannot be published; empty where it can."""
    if not label:
        return "an empty label"
    if not label.isprintable() or "#" in label:
        return "a label must be printable text without #"
    if len(msgspec.json.encode(label)) - 2 > MAX_LABEL_BYTES:
        return f"a label longer than {MAX_LABEL_BYTES} bytes"
    return ""
