"""What a process of Kavle may be: each role a piece with a start and a stop; `app.py` puts them together."""
