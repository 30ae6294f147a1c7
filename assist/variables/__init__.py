"""What varies from one installation to the next, in groups that belong together; `assist.settings` reads them."""
