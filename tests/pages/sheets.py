"""Reads the files that pages offer."""

import csv
import io
from typing import Any

from django.test import Client
from openpyxl import load_workbook


def csv_rows(web: Client, address: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file by their headings."""
    response: Any = web.get(address)
    assert response.status_code == 200, f"{address}: {response.status_code}"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def xlsx_rows(web: Client, address: str) -> list[dict[str, Any]]:
    """Return the rows of a workbook by their headings."""
    sheet: Any = load_workbook(io.BytesIO(web.get(address).content)).active
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]
