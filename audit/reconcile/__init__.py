"""Finding what does not agree between the record, its notices and Temporal, and putting it right."""
