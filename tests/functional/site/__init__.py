"""The site over real databases: who comes to which page, what every answer carries, what is refused."""
