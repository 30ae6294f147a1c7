"""What the API takes: requests per second beside a bare route, many who watch, long lists in pages."""
