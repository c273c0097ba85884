"""What the chapters' experiments need, tested: one folder a case."""
