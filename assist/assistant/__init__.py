"""An assistant as its YAML file declares it."""
