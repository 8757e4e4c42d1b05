"""The durable processes: thin, without rules of their own."""
