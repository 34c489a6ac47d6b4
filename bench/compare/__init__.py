"""Comparing runs: what became slower, less accurate or larger between two, and many devices in one table."""
