"""The web page: its parts without a socket, its API in the same loop, and the whole in a browser."""
