"""Whether a figure that was sampled for hours grows, and pictures of it."""
