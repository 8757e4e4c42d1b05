"""The judge is judged: a record in order has no problems, and whatever is broken is named.

Each test breaks one thing as somebody with all rights over the database could, and demands exactly
the invariants that this breaks: no more, so that a finding means something, and no fewer.
"""
