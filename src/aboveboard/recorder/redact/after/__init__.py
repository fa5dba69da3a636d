"""What the person wants covered, covered in what is recorded already: a segment's items in, its items out.

Read ``session`` first. The same is done to what is still held (before it leaves) and to what is about to be sealed.
"""
