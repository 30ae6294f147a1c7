"""Calls: placed, followed, looked up, and told what to do."""
