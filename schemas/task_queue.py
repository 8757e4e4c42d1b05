"""Task queues, by name."""

CYCLE = "cycle"
# What runs for the whole organisation: opening and closing periods, reconciling, housekeeping.
DISPATCH = "dispatch"
# What leaves the house: mail and webhooks. A mail server that hangs holds up nothing else.
NOTIFY = "notify"
