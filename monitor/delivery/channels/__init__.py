"""What is sent to group robots and webhooks, and what their answers mean. Pure: others store, connect and retry.

`parts` has the values, and each kind of channel is a file with a `SPEC`. `robots` and `markdown` are what the three
group robots share.
"""

from monitor.delivery.channels import dingtalk, feishu, webhook, wecom
from monitor.delivery.channels.parts import ChannelSpec

SPECS: dict[str, ChannelSpec] = {spec.kind: spec for spec in (feishu.SPEC, dingtalk.SPEC, wecom.SPEC, webhook.SPEC)}
