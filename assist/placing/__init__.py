"""Single calls that are placed for somebody outside: to whom that is allowed, and each once, whatever crashes."""
