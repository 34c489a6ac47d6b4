"""Comparing runs: what became slower, less accurate or larger, and many devices in one table."""
