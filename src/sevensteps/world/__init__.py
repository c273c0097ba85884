"""What every synthetic world shares; the truth of each is known."""
