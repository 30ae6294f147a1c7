"""The REST API: other systems place calls, follow them, run campaigns and look after the installation by it."""
