"""Events for other systems, with a real server at the other end."""
