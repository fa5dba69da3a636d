"""Work of people that others recorded, read into our own steps. Each importer counts what it could not express."""
