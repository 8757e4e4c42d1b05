"""Mail: what a message looks like, handing it over, and catching it in development."""
