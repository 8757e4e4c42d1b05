"""Histories of earlier versions replay on the present code."""
