"""What can be proved of costs: claims, derivations, bounds and guidelines, each verdict with its evidence."""
