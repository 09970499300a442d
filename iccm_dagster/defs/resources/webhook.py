"""Where problems are told to people: one POST of JSON per problem, or nowhere."""

import json
import urllib.request

import dagster as dg


class WebhookResource(dg.ConfigurableResource):
    """An address that takes ``{"text": ...}``, as chat services do, with the facts beside it; empty for none."""

    url: str = ""
    timeout_s: float = 10.0

    def tell(self, text: str, facts: dict[str, str]) -> None:
        """Send one message.

        Raises:
            OSError: It did not arrive, or was refused.
        """
        body = json.dumps({"text": text, **facts}).encode()
        message = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(message, timeout=self.timeout_s):
            return
