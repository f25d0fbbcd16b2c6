"""Locust's users: people who read pages, and open pages that ask for news as `live.js` and
`arrivals.js` do."""

import json
import os
import random
from collections.abc import Container, Mapping
from typing import Any

from locust import FastHttpUser, between, constant_throughput, task

#: Sessions and tokens of the users, their products, and how many pages and polls a second there
#: shall be.
GIVEN: dict[str, Any] = json.loads(os.environ["LOAD_GIVEN"])
WORDS = ("显瘦", "连衣裙", "纯棉", "没有的")
AS_HTMX = {"HX-Request": "true"}


class Visitor(FastHttpUser):
    abstract = True
    connection_timeout = network_timeout = 30.0

    def on_start(self) -> None:
        self.account = random.choice(GIVEN["accounts"])
        self.headers = {
            "Cookie": f"sessionid={self.account['session']}",
            "Accept-Encoding": "gzip",
            "Host": "watch.example.org",
            "X-Forwarded-Proto": "https",
            "Connection": "close",
        }
        self.mark, self.version = "", '""'
        self.look_for_alerts()
        self.look_at_frame()

    def page(
        self,
        name: str,
        path: str,
        more: Mapping[str, str] | None = None,
        expected: Container[int] = (200,),
    ) -> Any:
        headers = {**self.headers, **(more or {})}
        with self.client.get(path, name=name, headers=headers, catch_response=True) as answer:
            if answer.status_code in expected:
                answer.success()
            else:
                answer.failure(f"{answer.status_code}")
        return answer

    def look_for_alerts(self) -> None:
        answer = self.page(
            "poll: alerts", f"/alerts/arrived/?after={self.mark}", AS_HTMX, (200, 204)
        )
        self.mark = (answer.headers or {}).get("Alerts-Mark") or self.mark

    def look_at_frame(self) -> None:
        known = {"If-None-Match": self.version}
        answer = self.page("poll: frame", "/frame/", AS_HTMX | known, (200, 304))
        if answer.status_code == 200:
            self.version = answer.headers["ETag"]


class Person(Visitor):
    """Reads a page for some seconds, then opens another one; meanwhile the open page asks for
    news."""

    fixed_count = GIVEN["people"]
    wait_time = between(3, 9)

    @property
    def product(self) -> str:
        return str(random.choice(GIVEN["products"]))

    @task(4)
    def today(self) -> None:
        self.page("Today", "/")

    @task(4)
    def products(self) -> None:
        self.page(
            "Products", random.choice(("/products/", "/products/?page=7", "/products/?sort=-sales"))
        )

    @task(2)
    def filtered(self) -> None:
        self.page(
            "Products, filtered",
            random.choice(("/products/?status=on_sale", "/products/?changed=24h")),
        )

    @task(2)
    def search(self) -> None:
        self.page("Products, search", f"/products/?q={random.choice(WORDS)}")

    @task(5)
    def one_product(self) -> None:
        num_iid = self.product
        self.page("Product", f"/products/{num_iid}/")
        self.page("Product, chart data", f"/products/{num_iid}/series/", AS_HTMX)

    @task(3)
    def alerts(self) -> None:
        self.page("Alerts", "/alerts/")

    @task(2)
    def poll(self) -> None:
        self.look_for_alerts()
        self.look_at_frame()

    @task(1)
    def api(self) -> None:
        token = {"Authorization": f"Bearer {self.account['token']}", "Cookie": ""}
        self.page("API, products", "/api/v1/products?limit=50", token)
        self.page("API, alerts", "/api/v1/alerts?limit=50", token)


class OpenPages(Visitor):
    """A part of all open pages: together they poll as often as GIVEN says."""

    fixed_count = GIVEN["pollers"]
    wait_time = constant_throughput(GIVEN["polls"] / max(1, GIVEN["pollers"]))

    @task(2)
    def alerts(self) -> None:
        self.look_for_alerts()

    @task(1)
    def frame(self) -> None:
        self.look_at_frame()
