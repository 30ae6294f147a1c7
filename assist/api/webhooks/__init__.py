"""Webhooks: who is told what happens, and what became of that."""
