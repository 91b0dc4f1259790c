"""Connectors: what services publish, as rows of a scenario. None has been tried against the live service (docs)."""
