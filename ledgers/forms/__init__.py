"""Forms: typed text becomes the values of the domain. They know no rule of the books."""
