"""The tables. Each file holds one noun with its constraints, indexes and queryset verbs."""

# This module only re-exports:
# ruff: noqa: F401
# mypy: implicit-reexport

from monitor.models.alerts import Alert, AlertRead
from monitor.models.allowances import Allowance
from monitor.models.api_tokens import ApiToken
from monitor.models.assortments import Assortment, AssortmentEntry, Follow
from monitor.models.attempts import Attempt
from monitor.models.audit import AuditEvent, AuditKind
from monitor.models.budgets import Budget
from monitor.models.catalog import (
    Outage,
    Product,
    ProductContent,
    Shop,
    ShopScore,
    Snapshot,
)
from monitor.models.changes import Change
from monitor.models.channels import Channel, ChannelChoice, ChannelKind
from monitor.models.heartbeats import Heartbeat
from monitor.models.imports import Import, ImportRow
from monitor.models.invitations import Invitation
from monitor.models.messages import Message, MessageAlert
from monitor.models.pairings import Pairing
from monitor.models.personal import Mute, SavedView
from monitor.models.rules import Rule, RuleMemory
from monitor.models.schedule import ScheduleFit
from monitor.models.searches import SearchPage
from monitor.models.sessions import Session, Throttle
from monitor.models.sheets import SheetUpdate
from monitor.models.usage import Charge, ProviderAccount, Usage, UsageDay
from monitor.models.users import User
from monitor.models.watchlists import Membership, Pace, Watch, Watchlist, WatchTag
