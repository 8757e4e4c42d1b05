"""The rules of performance management: their parameters as models, their logic as pure functions."""
