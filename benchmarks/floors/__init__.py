"""The floors: the same durable work, written by hand, with nothing around it."""
