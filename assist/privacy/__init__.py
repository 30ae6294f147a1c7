"""What is personal goes: when its time is over, or when the person wants it."""
