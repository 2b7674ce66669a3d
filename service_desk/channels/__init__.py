"""Messages out: each module sends one letter and knows no ticket."""
