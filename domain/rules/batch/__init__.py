"""The rules asked by JSON lines: one request a line, one answer a line, and no line stops another."""
