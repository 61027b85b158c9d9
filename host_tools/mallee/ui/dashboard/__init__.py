"""The full-screen dashboard of `mallee watch`: one view a file, each a pure function of a scene; `app.py` alone knows textual.
What is decided or asked of a host belongs into `pod`."""
