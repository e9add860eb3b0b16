"""The personnel file (人事の名簿): CSV in CP932 or UTF-8, or a sheet of the same shape."""
