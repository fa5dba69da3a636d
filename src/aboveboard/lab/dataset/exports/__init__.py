"""A data set in the formats that trainers use. Each export counts what it could not express."""
