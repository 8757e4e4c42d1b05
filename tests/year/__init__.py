"""A year of an organisation, played by the clock of the time-skipping server."""
