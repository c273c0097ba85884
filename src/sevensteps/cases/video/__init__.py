"""Video recommendation: recommend the next videos out of millions."""
