"""The embedded brain: an assistant that answers by its own declaration, without a language model."""
