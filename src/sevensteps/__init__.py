"""Seven Steps: the worlds, measures and services behind an executable textbook."""
