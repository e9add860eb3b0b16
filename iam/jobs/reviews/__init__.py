"""Reviews with 人事: opened, reminded of, carried out and read back, without anybody having to think of it."""
