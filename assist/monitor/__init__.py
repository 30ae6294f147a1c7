"""What a service tells of itself to those who watch it: its numbers, and whether it is well."""
