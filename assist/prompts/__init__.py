"""What assistants always say in the same words, spoken before anybody calls."""
