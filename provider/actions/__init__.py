"""What happens to providers, their catalogue and its prices."""

from provider.actions.accepting import (
    AcceptanceError,
    accept_class,
    accept_in_transaction,
    accept_service,
    apply_name_rules,
    end_acceptance,
    judge_again,
)
from provider.actions.agreements import save_agreement_in_transaction
from provider.actions.archiving import forget_replies
from provider.actions.breaker import note_answer, note_failure
from provider.actions.deciding import (
    SyncError,
    approve_changes,
    approve_run,
    reject_changes,
    reject_run,
    undo_run,
)
from provider.actions.favourites import set_favourite
from provider.actions.hands import reset_fields, switch_services
from provider.actions.previewing import preview_rule
from provider.actions.price_news import tell_of_prices
from provider.actions.pricing import (
    PricingError,
    reprice,
    reprice_in_transaction,
    save_rule,
)
from provider.actions.providers import (
    ProviderError,
    add_provider,
    ask_currency,
    move,
    note_balance,
    pause,
    pause_in_transaction,
    read_balance,
    refresh_soon,
    remember_batch_size,
    remember_refill_status_one_by_one,
    remember_requests_one_by_one,
    request_sync,
    resume,
    save_provider,
    take_due_sync,
)
from provider.actions.publishing import publish_services
from provider.actions.rates import (
    note_rate_in_transaction,
    read_rates,
    refuse_proposal,
    set_exchange_rate,
    take_proposal,
    watch_rates,
)
from provider.actions.routes import add_route, put_first, remove_route
from provider.actions.selling import (
    clear_overcharge,
    pause_overcharged,
    set_loss_policy,
)
from provider.actions.shelves import MergeError, merge_categories
from provider.actions.syncing import sync

__all__ = [
    "AcceptanceError",
    "MergeError",
    "PricingError",
    "ProviderError",
    "SyncError",
    "accept_class",
    "accept_in_transaction",
    "accept_service",
    "add_provider",
    "add_route",
    "apply_name_rules",
    "approve_changes",
    "approve_run",
    "ask_currency",
    "clear_overcharge",
    "end_acceptance",
    "forget_replies",
    "judge_again",
    "merge_categories",
    "move",
    "note_answer",
    "note_balance",
    "note_failure",
    "note_rate_in_transaction",
    "pause",
    "pause_in_transaction",
    "pause_overcharged",
    "preview_rule",
    "publish_services",
    "put_first",
    "read_balance",
    "read_rates",
    "refresh_soon",
    "refuse_proposal",
    "reject_changes",
    "reject_run",
    "remember_batch_size",
    "remember_refill_status_one_by_one",
    "remember_requests_one_by_one",
    "remove_route",
    "reprice",
    "reprice_in_transaction",
    "request_sync",
    "reset_fields",
    "resume",
    "save_agreement_in_transaction",
    "save_provider",
    "save_rule",
    "set_exchange_rate",
    "set_favourite",
    "set_loss_policy",
    "switch_services",
    "sync",
    "take_due_sync",
    "take_proposal",
    "tell_of_prices",
    "undo_run",
    "watch_rates",
]
