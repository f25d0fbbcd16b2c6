"""What the pages show: reads with a fixed number of queries, and history made ready for charts. Nothing is written."""
