"""Coming into systems through this service: what one may enter, and what one reads when one may not."""
