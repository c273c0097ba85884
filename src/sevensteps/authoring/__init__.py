"""What authors run: lint, execute, compare, publish."""
