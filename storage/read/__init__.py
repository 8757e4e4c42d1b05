"""Read models: what people look at. Rows are typed; a test compares them with the schema."""
