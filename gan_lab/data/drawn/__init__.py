"""Pictures drawn by code: no file, any size, everything about them known."""
