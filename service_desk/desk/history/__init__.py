"""The history of another system: its events replayed through the verbs of the desk, each at its own moment."""
