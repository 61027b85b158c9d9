"""A typed controller, built from a dictionary and nothing else. No knowledge of a profile belongs here."""
