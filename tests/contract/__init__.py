"""One suite for the fake and the real ledger."""
