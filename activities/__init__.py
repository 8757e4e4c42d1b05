"""What workflows ask for."""
