"""The description of the messages that webhooks get. `monitor.telling.channels.webhook` writes
them."""

from datetime import datetime
from typing import Literal

from ninja import Field
from pydantic import ConfigDict

from monitor.api.schemas import AlertOut, AnswerPart
from monitor.telling.channels.webhook import MOST_ALERTS, MOST_BYTES


class AlertSent(AlertOut):
    """An alert as a webhook gets it: the same whether it was read or not."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    is_read: bool = Field(exclude=True)
    watchlist_name: str = Field(description="The watchlist's name.")
    image: str | None = Field(description="The product's picture.")
    douyin_url: str | None = Field(description="The product on Douyin.")
    shop_name: str | None = Field(description="The name of `shop`.")
    url: str = Field(description="The alert's page.")


class WebhookMessage(AnswerPart):
    """What a webhook gets."""

    version: Literal[2] = Field(description="Of this format.")
    id: str = Field(description="As in the header `webhook-id`.")
    type: Literal["alerts", "test"] = Field(description="`test`: a test message, without alerts.")
    timestamp: datetime = Field(description="When it was begun, in UTC.")
    alerts: list[AlertSent] = Field(
        description=f"The oldest first: at most {MOST_ALERTS}, and {MOST_BYTES:,} bytes of all. "
        "One that is longer alone has `before` and `after` cut to texts that end with `…`.",
        max_length=MOST_ALERTS,
    )


_HEADERS = {
    "webhook-id": "The message's ID: the same in each attempt, as is the body. Take each once.",
    "webhook-timestamp": "When this attempt was signed, in seconds since 1970.",
    "webhook-signature": "By https://www.standardwebhooks.com: `v1,` and base64; "
    "two while a secret is replaced.",
}
_ANSWERS = {
    "2XX": "Taken. Answer within 20 seconds, a test within 5.",
    "410": "No more messages, please: the channel is used no longer.",
    "default": "Not taken: it comes again, for about a day.",
}
_BODY = {"application/json": {"schema": {"$ref": "#/components/schemas/WebhookMessage"}}}
_OPERATION = {
    "operationId": "receive_alerts",
    "summary": "Alerts, sent to a channel of the kind webhook",
    "parameters": [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": words,
            "schema": {"type": "string"},
        }
        for name, words in _HEADERS.items()
    ],
    "requestBody": {"required": True, "content": _BODY},
    "responses": {status: {"description": words} for status, words in _ANSWERS.items()},
}
WEBHOOKS = {"alerts": {"post": _OPERATION}}
