"""Rule `flee`: what the columns of the kernel's arrays are. Fewer and wider arrays are much quicker to compile."""

EPOCH, HARVEST = 0, 1  # of Flee.calendar
CHOOSER, HOME, HARVESTS = 0, 1, 2  # of Flee.groups
FACTOR, PULL, LATE = 0, 1, 2  # of Flee.option_terms
KM, SPEED, WALK = 0, 1, 2  # of Flee.legs
