"""Sound as numbers. Nothing here waits, opens a file or looks at a clock."""
