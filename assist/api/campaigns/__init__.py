"""Campaigns: run, fed with lists, followed; and the numbers that nobody may call."""
