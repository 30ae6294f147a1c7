"""One command: a caller rings the shipped clinic, and the conversation is shown, measured and judged."""
