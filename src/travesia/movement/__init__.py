"""Movement rules: which way people can take, with which chance."""
