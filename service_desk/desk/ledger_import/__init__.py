"""Last year's ledger, taken in: each row retold as the acts it tells of, and replayed through the law of the desk."""
