"""Every engine by its name, opened when it is wanted, and put together for a call."""

from assist.engines.kit import Kit, open_kit
from assist.engines.table import TABLES

__all__ = ["TABLES", "Kit", "open_kit"]
