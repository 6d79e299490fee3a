"""The provider protocol as pure values: bytes in, typed answers out; no I/O, no models."""
