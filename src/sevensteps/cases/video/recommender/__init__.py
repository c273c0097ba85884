"""The recommender: what is known, where candidates come from, how they rank."""
