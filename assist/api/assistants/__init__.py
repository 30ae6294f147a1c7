"""Assistants: their files, read, checked and replaced."""
