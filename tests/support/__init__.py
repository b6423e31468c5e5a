"""Real parts for tests: places, models, brokers, recorders, processes."""
