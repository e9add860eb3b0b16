"""Seeds of hardware OATH tokens, as vendors ship them: PSKC and CSV."""
