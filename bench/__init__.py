"""Benchmarks: what it costs to start, to stay, and to open a page; each as a ratio to a bound or a floor."""
