"""Any order, repetition or lateness keeps the invariants."""
