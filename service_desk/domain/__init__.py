"""The law of the desk in plain Python: no Flask, no database, no clock."""
