"""Simulate and forecast forced migration under policy."""
