"""Random histories against every room at once, on a store in memory: one seed decides who does what, what fails where,
and in which order. Nothing here sleeps, waits or reads the machine's clock: a seed gives the same history for ever.
"""
