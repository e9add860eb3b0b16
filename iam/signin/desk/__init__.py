"""The desk (窓口): what two officers hand to a person who cannot sign in, and the first officers of all."""
