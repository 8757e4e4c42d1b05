"""The words of Siklus: commands, events, views, errors, ids."""
