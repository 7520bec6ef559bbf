"""What a short message is made of: the alphabet, the segments and their headers. Pure."""
