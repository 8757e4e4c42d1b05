"""Tests of what is shipped: the wheel, the locks, the migrations."""
