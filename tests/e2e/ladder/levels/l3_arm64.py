"""L3: the arm64 packages' own files, emulated in user mode on both releases."""
