"""What comes over the wire and goes back: parcels, XML, signatures; and what is refused of it."""
