"""How do places talk? Signed HTTP requests (RFC 9421), errors as problem documents (RFC 9457), one server."""
