"""On a real database: who waits for whose plan, how the gate opens, and what the judges find."""
