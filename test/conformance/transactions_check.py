"""Recomputes what protocol/vectors/transactions.json states, from SPEC.md section 1 alone.

Shares no code with the product: Python's own JSON reader, integers and fractions. For every
accepted vector the content hash and the sums are computed; for every rejected one with a content
hash, the hash. Signatures are not checked here.
"""

import base64
import hashlib
import json
import sys
from fractions import Fraction

SUM_CODES = {
    "TXN_EXTENDED_AMOUNT_MISMATCH",
    "TXN_TOTAL_MISMATCH",
    "TXN_TENDERS_MISMATCH",
    "TXN_DISCOUNT_SIGN",
    "TXN_CHANGE_POSITIVE",
}
DIGITS = {"GBP": 2, "EUR": 2, "JPY": 0, "KWD": 3}


def payload_of(vector):
    if "payloadBase64" in vector:
        return base64.b64decode(vector["payloadBase64"]).decode("utf-8")
    text = vector["payload"]
    if not text.startswith("eyJ"):
        return text
    part = text.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8")


def without_null(value):
    if isinstance(value, dict):
        return {k: without_null(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [without_null(v) for v in value]
    return value


def hash_form(transaction):
    form = without_null(transaction)
    form.pop("lastResult", None)
    if form.get("schemaVersion") == 1:
        del form["schemaVersion"]
    for name in ("lines", "taxes", "tenders", "extensions"):
        if name in form and form[name] in ([], {}):
            del form[name]
    for line in form.get("lines", []):
        if isinstance(line, dict) and line.get("discounts") == []:
            del line["discounts"]
    return form


def canonical(value):
    """RFC 8785 for integers: members by UTF-16 code units, no white space."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def round_half_away(amount):
    doubled = abs(amount) * 2 + 1
    magnitude = doubled.numerator // doubled.denominator // 2
    return -magnitude if amount < 0 else magnitude


def number(scaled):
    return Fraction(scaled["value"], 10 ** scaled["scale"])


def check_sums(transaction):
    t = without_null(transaction)
    lines = 0
    for line in t.get("lines", []):
        exact = number(line["quantity"]) * number(line["unitPrice"])
        gross = round_half_away(exact * 10 ** DIGITS[t["currency"]])
        discounts = [d["amount"] for d in line.get("discounts", [])]
        assert all(d == 0 or d * gross > 0 for d in discounts), "discount sign"
        assert line["extendedAmount"] == gross - sum(discounts), "extendedAmount"
        lines += line["extendedAmount"]
    added = sum(x["amount"] for x in t.get("taxes", []) if not x.get("included", False))
    if t["type"] not in ("cashMovement", "noSale"):
        assert t["total"] == lines + added, "total"
    if t["type"] == "noSale":
        assert t["total"] == 0, "noSale"
    tenders = t.get("tenders", [])
    assert all(x["amount"] <= 0 for x in tenders if x["type"] == "change"), "change"
    may_lack = t["type"] in ("adjustment", "cashMovement", "noSale")
    if tenders or not may_lack:
        assert t["total"] == sum(x["amount"] for x in tenders), "tenders"


def main(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    hashes = sums = 0
    for vector in vectors:
        expected = vector["expected"]
        if expected["contentHash"] is None:
            continue
        transaction = json.loads(payload_of(vector))
        text = canonical(hash_form(transaction))
        got = hashlib.sha256(text.encode("utf-8")).hexdigest()
        assert got == expected["contentHash"], f"{vector['name']}: {got} of {text}"
        hashes += 1
        if (transaction.get("schemaVersion") or 1) > 1:
            continue
        if expected["outcome"] == "accepted":
            try:
                check_sums(transaction)
            except AssertionError as error:
                raise AssertionError(f"{vector['name']}: {error}") from error
            sums += 1
        elif all(problem["code"] in SUM_CODES for problem in expected["problems"]):
            # Refused for its sums alone, so the sums have to be wrong here as well.
            try:
                check_sums(transaction)
            except AssertionError:
                sums += 1
            else:
                raise AssertionError(f"{vector['name']}: the sums are right")
    print(json.dumps({"hashes": hashes, "sums": sums}))


main(sys.argv[1])
