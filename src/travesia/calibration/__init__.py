"""What observations say about the parameters of a scenario, and forecasts from what they leave possible."""
