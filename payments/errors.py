"""What may go wrong for somebody who pays, in words fit for them."""


class PaymentError(Exception):
    """A payment that was not begun, or something that was not done with it.

    `field` is the field of the form that it is about, or "".
    """

    def __init__(self, message: object, *, field: str = "") -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.field = field


class UnsettledError(PaymentError):
    """Something of which nobody knows whether it was done; it may be tried again."""
