"""A picture with known bytes, everything the appliance lets out, and the search of one in the other."""
