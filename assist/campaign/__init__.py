"""Outbound campaigns: each person called at a lawful hour, as often as allowed, never twice for one attempt.

The truth is the ledger in Redis, changed by one Lua script per decision; whatever runs the work only asks it.
"""
