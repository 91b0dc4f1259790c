"""Forecasts and their scores: what was known on a day, naive forecasts, the model's, and how far each was off."""
