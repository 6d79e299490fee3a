"""The one exception of the sandbox that a caller of the protocol gets to read."""


class RefusedError(Exception):
    """A call is refused; the text is what the reply's `error` says."""
