"""What hangs on the controller: boards/equipment/<profile>.py, written beside board.mpy; types only."""
