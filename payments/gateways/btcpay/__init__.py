"""BTCPay Server: coins, to the shop's own wallet."""

from payments.gateways.btcpay.gateway import BtcpayGateway

__all__ = ["BtcpayGateway"]
