"""Mail: composed once, handed over to a real server, and told apart from what may not be in it."""
