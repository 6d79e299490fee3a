"""What may go wrong for somebody who writes, in words fit for them."""


class SupportError(Exception):
    """Something that was not taken; `field` is the field of the form, or ""."""

    def __init__(self, message: object, *, field: str = "") -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.field = field
