"""What is a policy worth, in the real environment, beside one that knows nothing?"""
