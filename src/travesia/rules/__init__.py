"""The rules a scenario keeps: one function per rule, in files by subject; validate.py runs them."""
