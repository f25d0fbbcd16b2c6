"""What is sent to group robots, apps, browsers and webhooks, and what their answers mean.

Pure: others store, connect and retry. `parts` has the values, and each kind of channel is a file with a `SPEC`.
`robots` and `markdown` are what the chat platforms share.
"""

from monitor.delivery.channels import (
    bark,
    browser,
    dingtalk,
    discord,
    feishu,
    pushdeer,
    serverchan,
    slack,
    telegram,
    webhook,
    wecom,
    wxpusher,
)
from monitor.delivery.channels.parts import ChannelSpec

SPECS: dict[str, ChannelSpec] = {
    module.SPEC.kind: module.SPEC
    for module in (
        feishu,
        dingtalk,
        wecom,
        bark,
        serverchan,
        wxpusher,
        pushdeer,
        telegram,
        slack,
        discord,
        webhook,
        browser,
    )
}
