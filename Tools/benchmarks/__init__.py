"""What Tools/bench measures, and with what."""
