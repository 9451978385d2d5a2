"""Models of PyTorch: a module is run once without data, and what it calls becomes layers."""
