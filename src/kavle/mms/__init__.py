"""What a multimedia message is made of: its files' types and names, and how a phone is to show them. Pure."""
