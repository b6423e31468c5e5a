"""What both halves owe to the machine they run on."""
