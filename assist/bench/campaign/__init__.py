"""The proof that nobody is called twice: a campaign over a carrier that counts, while its processes are killed."""
