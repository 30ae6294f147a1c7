"""Assist answers and places telephone calls and holds a conversation."""
