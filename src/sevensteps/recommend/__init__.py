"""The recommender: what the company knows, where candidates come from, how they rank."""
