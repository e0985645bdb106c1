"""The stress axis: features and depth made worse, one thing at a time."""
