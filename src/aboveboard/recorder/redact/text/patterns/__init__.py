"""What shows personal data by its form alone, or by a word beside it: numbers, dates, addresses, lists of places.

``seen`` looks at a text once; each other file answers for some kinds, from what was seen; ``detector`` joins them.
"""
