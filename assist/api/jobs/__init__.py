"""What takes longer than a request: begun by one, looked up by others."""
