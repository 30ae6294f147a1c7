"""Single calls: to whom they are allowed, and each placed once, whatever crashes."""
