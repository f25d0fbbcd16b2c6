"""What is sent to group robots, webhooks and browsers, and what their answers mean.

Pure: others store, connect and retry.

`parts` has the values, and each kind of channel is a file with a `SPEC`. `robots` and `markdown` are what the three
group robots share.
"""

from monitor.delivery.channels import browser, dingtalk, feishu, webhook, wecom
from monitor.delivery.channels.parts import ChannelSpec

_ALL = (feishu.SPEC, dingtalk.SPEC, wecom.SPEC, webhook.SPEC, browser.SPEC)
SPECS: dict[str, ChannelSpec] = {spec.kind: spec for spec in _ALL}
