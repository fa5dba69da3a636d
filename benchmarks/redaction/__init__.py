"""How much of what should not be seen is found in texts, how much else, and how fast?"""
