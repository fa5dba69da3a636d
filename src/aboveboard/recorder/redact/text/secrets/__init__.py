"""Keys, tokens and passwords in a text.

``detector`` is the way in. ``issuers``, ``blocks``, ``places`` and ``seeds`` know what is a secret by its form alone;
``assigned`` finds what a telling word is said to be ("password = …"), and ``judge`` says whether that is a secret or,
say, the name of a variable.
"""
