"""The golden ledger as a book: the calendar, cash application, credits and positions, in plain loops.

Nothing here knows how Régua does it: every rule is a sentence of the specification of the KPI tables.
"""

import datetime as dt
import pathlib
import tomllib
from decimal import Decimal
from fractions import Fraction

import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
ZERO = Decimal("0.00")
FAMILIES = ("paid", "credited", "written_off")     # the order in which postings of one day count

# `[kpis]` of a pipeline that says nothing.
KPIS = {"sales_days": 90, "roll_days": 30, "recovery_days": 7, "recovery_window_days": 90, "promise_window_days": 90,
        "loss_days": 360, "forecast_weeks": 13, "months": 13, "forward_looking": 1.0,
        "forward_looking_by_bucket": {}}


def days(n):
    return dt.timedelta(days=n)


def ratio(part, whole):
    """A rate, or nothing where there is nothing to divide by."""
    if part is None or whole is None or whole == 0:
        return None
    return Fraction(part) / Fraction(whole)


def clamp(value, low, high):
    return max(low, min(value, high))


def cents(value):
    """An amount rounded half up to the cent."""
    if value is None:
        return None
    value = Fraction(value) * 100
    whole = (abs(value) + Fraction(1, 2)).__floor__()
    return Decimal(whole if value >= 0 else -whole).scaleb(-2)


def month_of(day):
    return day.replace(day=1)


def next_month(month):
    return (month + days(32)).replace(day=1)


def previous_month(month):
    return (month - days(1)).replace(day=1)


def month_end(month):
    return next_month(month) - days(1)


class Calendar:
    """Business days: no weekends, and no national or bank holidays."""

    def __init__(self, file, extra=()):
        entries = list(tomllib.loads(file.read_text())["holidays"]) + list(extra)
        self.closed = {e["date"] for e in entries if e["scope"] in ("national", "bank")}

    def is_business_day(self, day):
        return day.weekday() < 5 and day not in self.closed

    def payable_on(self, due):
        """Lei 7.089/1983: due on a day without banks = payable on the next day with them."""
        while not self.is_business_day(due):
            due += days(1)
        return due

    def business_days_after(self, day, n):
        while n > 0:
            day += days(1)
            if self.is_business_day(day):
                n -= 1
        return day


class Change:
    """What was applied to an item on a day; below zero it takes back."""

    def __init__(self, day, family, amount, payment_id, reverses=None, paid_on=None):
        self.day, self.family, self.amount = day, family, amount
        self.paid_on = paid_on or day
        self.payment_id, self.reverses = payment_id, reverses


class Item:
    """One instalment of an invoice or debit note, and what was applied to it."""

    def __init__(self, row, calendar, defaults):
        self.invoice = row["invoice_id"]
        self.no = row["installment_no"] or 1
        self.company = row["company_id"] or defaults["company"]
        self.currency = row["currency"] or defaults["currency"]
        self.debtor = row["debtor_id"]
        self.issued = row["issue_date"]
        self.due = row["due_date"]
        self.payable = calendar.payable_on(self.due)
        self.amount = row["amount"]
        self.collector = row["collector_id"]
        self.changes = []
        self.excess = ZERO

    @property
    def book(self):
        return (self.company, self.currency)

    @property
    def account(self):
        return (self.company, self.debtor, self.currency)

    def applied(self, day, families=FAMILIES):
        return sum((c.amount for c in self.changes if c.day <= day and c.family in families), ZERO)

    def applied_in(self, after, to, families=FAMILIES):
        """In (after, to]."""
        return self.applied(to, families) - self.applied(after, families)

    def paid_for_good(self, by_name_only=False):
        """Payments less what was taken back of them later: a reversal takes back the payment that it names, a refund
        that names none the youngest."""
        kept = []
        for change in self.changes:
            if change.family != "paid":
                continue
            if change.amount > 0:
                kept.append(Change(change.day, "paid", change.amount, change.payment_id))
                continue
            if by_name_only and change.reverses is None:
                continue
            back = -change.amount
            for paid in reversed(kept):
                if change.reverses in (None, paid.payment_id):
                    part = min(back, paid.amount)
                    paid.amount -= part
                    back -= part
        return [c for c in kept if c.amount > 0]

    def open(self, day):
        return ZERO if day < self.issued else self.amount - self.applied(day)

    def days_past_due(self, day):
        """Calendar days since the due date, never above 0 before the payable day is over."""
        late = (day - self.due).days
        return late if day > self.payable else min(late, 0)

    def is_overdue(self, day):
        return self.days_past_due(day) > 0


class Posting:
    def __init__(self, day, family, amount, payment_id, invoice, no, reverses=None):
        self.day, self.family, self.amount = day, family, amount
        self.payment_id, self.invoice, self.no, self.reverses = payment_id, invoice, no, reverses

    @property
    def order(self):
        return (self.day, FAMILIES.index(self.family), self.payment_id)


class Book:
    """Everything that was known on the as-of date."""

    def __init__(self, inputs, as_of):
        self.as_of = as_of
        self.config = tomllib.loads((HERE / "pipeline.toml").read_text())
        self.kpis = KPIS | self.config.get("kpis", {})
        self.defaults = self.config["defaults"]
        self.rows = {p.stem: pq.read_table(p).to_pylist() for p in sorted(pathlib.Path(inputs).glob("*.parquet"))}
        self.calendar = Calendar(HERE / self.config["pipeline"]["calendars"][0], self.rows.get("holidays", []))
        self.edges = self.config["aging"]["buckets"]
        self.debtors = {r["debtor_id"]: r for r in self.rows["debtors"]}
        self.read_items()
        self.read_postings()
        self.apply_cash()
        self.find_credits()

    # Items and postings.

    def read_items(self):
        """Open items are instalments of invoices and debit notes, issued by the as-of date; drafts never count."""
        self.items, self.notes = [], []
        for row in self.rows["invoices"]:
            kind = row["document_type"] or "invoice"
            if row["issue_date"] > self.as_of or kind == "draft" or row["amount"] == 0:
                continue
            (self.notes if kind == "credit_note" else self.items).append(Item(row, self.calendar, self.defaults)
                                                                         if kind != "credit_note" else row)
        self.by_invoice = {}
        for item in self.items:
            self.by_invoice.setdefault(item.invoice, []).append(item)
        for parts in self.by_invoice.values():
            parts.sort(key=lambda i: (i.due, i.no))

    def read_postings(self):
        """Payments and credit notes by the as-of date: on an invoice, or loose (credit of an account)."""
        self.postings, self.loose, self.strays, self.unidentified = [], [], [], {}
        seen = [r for r in self.rows["payments"] if r["paid_on"] <= self.as_of]
        rows_of = {}
        for row in seen:
            rows_of.setdefault(row["payment_id"], []).append(row)
        for row in seen:
            self.read_payment(row, rows_of)
        for note in self.notes:
            original, amount = note["original_invoice_id"], abs(note["amount"])
            if original in self.by_invoice:
                self.postings.append(Posting(note["issue_date"], "credited", amount, note["invoice_id"], original,
                                             None))
            else:
                self.loose.append((note["company_id"] or self.defaults["company"], note["debtor_id"],
                                   note["currency"] or self.defaults["currency"], amount))

    def read_payment(self, row, rows_of):
        kind = row["kind"] or "payment"
        invoice, no, amount = row["invoice_id"], row["installment_no"] or None, row["amount"]
        if row["reverses"]:              # it takes back, whatever its sign, in the family of what it takes back
            amount = -abs(amount)
            original = rows_of[row["reverses"]][0]
            kind = original["kind"] or "payment"
            if invoice is None:
                invoice, no = original["invoice_id"], original["installment_no"] or None
        elif kind in ("refund", "chargeback"):
            amount = -abs(amount)
        if kind == "charges":            # fine and interest, never principal
            return
        family = {"credit_note": "credited", "write_off": "written_off"}.get(kind, "paid")
        currency = row["currency"] or self.defaults["currency"]
        if invoice in self.by_invoice:
            self.postings.append(Posting(row["paid_on"], family, amount, row["payment_id"], invoice, no,
                                         row["reverses"]))
        elif invoice is not None and row["debtor_id"] is not None:
            self.strays.append((row["company_id"], row["debtor_id"], currency, amount, row["paid_on"]))
        elif row["debtor_id"] is not None:
            self.loose.append((row["company_id"], row["debtor_id"], currency, amount))
        else:
            book = (row["company_id"] or self.defaults["company"], currency)
            self.unidentified[book] = self.unidentified.get(book, ZERO) + amount

    # Cash application.

    def apply_cash(self):
        by_invoice = {}
        for posting in self.postings:
            by_invoice.setdefault(posting.invoice, []).append(posting)
        for invoice, postings in by_invoice.items():
            self.apply_to(self.by_invoice[invoice], sorted(postings, key=lambda p: p.order))

    def apply_to(self, parts, postings):
        """change = clamp(running sum) − clamp(running sum before); what names no instalment fills in order of due
        date the room that named postings leave."""
        named = {part.no: ZERO for part in parts}
        pool = ZERO
        levels = {part.no: ZERO for part in parts}
        posted = dict.fromkeys(FAMILIES, ZERO)
        applied = {part.no: dict.fromkeys(FAMILIES, ZERO) for part in parts}
        for posting in postings:
            posted[posting.family] += posting.amount

            def add(part, family, change):
                # Nothing happens to an item before it exists: what was paid ahead counts on the day of issue.
                applied[part.no][family] += change
                part.changes.append(Change(max(posting.day, part.issued), family, change, posting.payment_id,
                                           posting.reverses, posting.day))

            def surplus(family):
                return max(posted[family], ZERO) - sum(on[family] for on in applied.values())

            if posting.no is not None and posting.no in named and len(parts) > 1:
                named[posting.no] += posting.amount
            else:
                pool += posting.amount
            rest = pool
            for part in parts:
                own = clamp(named[part.no], ZERO, part.amount)
                filled = clamp(rest, ZERO, part.amount - own)
                rest -= filled
                change = own + filled - levels[part.no]
                levels[part.no] = own + filled
                if change:
                    add(part, posting.family, change)
            # What came when an item was full takes the place of what is taken back.
            for other in FAMILIES:
                moved = min(-surplus(posting.family), surplus(other)) if other != posting.family else ZERO
                for part in reversed(parts):
                    amount = min(moved, applied[part.no][posting.family])
                    if amount > 0:
                        moved -= amount
                        add(part, posting.family, -amount)
                        add(part, other, amount)
        # Who is forgiven more than it owes has no credit by that.
        forgiven = sum((p.amount for p in postings if p.family == "written_off"), ZERO)
        excess = max(rest, ZERO) + sum(max(named[p.no] - p.amount, ZERO) for p in parts)
        parts[0].excess = max(excess - forgiven, ZERO)

    def find_credits(self):
        """Credit of each account: what is beyond the items, loose payments, and credit notes of the account."""
        credit = {}
        for item in self.items:
            credit[item.account] = credit.get(item.account, ZERO) + item.excess
        for company, debtor, currency, amount in self.loose + list(self.mistyped()):
            account = self.account_of_loose(company, debtor, currency)
            credit[account] = credit.get(account, ZERO) + amount
        self.credits = {account: amount for account, amount in credit.items() if amount > 0}

    def mistyped(self):
        """Payments for an invoice that nobody knows are credit, if paid since something open was issued: the number
        may be mistyped. Older ones paid what is no longer there."""
        for company, debtor, currency, amount, paid_on in self.strays:
            issued = [i.issued for i in self.items
                      if i.debtor == debtor and i.currency == currency and i.open(self.as_of) > 0]
            if issued and min(issued) <= paid_on:
                yield company, debtor, currency, amount

    def account_of_loose(self, company, debtor, currency):
        """A credit without a company counts for the debtor's account with the oldest open item."""
        if company is None:
            still = sorted((i.due, i.company) for i in self.items
                           if i.debtor == debtor and i.currency == currency and i.open(self.as_of) > 0)
            company = still[0][1] if still else self.defaults["company"]
        return (company, debtor, currency)

    # Positions.

    def open_items(self, day=None):
        day = day or self.as_of
        return [i for i in self.items if i.open(day) > 0]

    def books(self):
        """Every company and currency that ever billed or has a credit."""
        return sorted({i.book for i in self.items} | {(c, cur) for c, _, cur in self.credits})

    def bucket_no(self, days_past_due):
        for no, edge in enumerate(self.edges):
            if days_past_due <= edge:
                return no
        return len(self.edges)

    def bucket_name(self, no):
        if no == 0:
            return "not_due"
        if no == len(self.edges):
            return f"over_{self.edges[-1]}"
        return f"{self.edges[no - 1] + 1}-{self.edges[no]}"

    def bucket_begins(self, no):
        return self.edges[no - 1] + 1

    def group(self, debtor):
        """group_id, else the CNPJ root, else the debtor."""
        row = self.debtors.get(debtor, {})
        if row.get("group_id"):
            return row["group_id"]
        tax = row.get("tax_id") or ""
        return tax[:8] if len(tax) == 14 and tax.isalnum() else debtor

    def fx_rate(self, currency, into=None):
        """Units of the other currency for one, of the newest quote that is not too old."""
        into = into or self.kpis.get("reporting_currency", self.defaults["currency"])
        if currency == into:
            return Decimal(1)
        oldest = self.as_of - days(self.config["dunning"].get("fx_days_max", 7))
        quotes = [(r["date"], r["rate"]) for r in self.rows.get("fx_rates", [])
                  if r["from_currency"] == currency and r["to_currency"] == into and oldest <= r["date"] <= self.as_of]
        return max(quotes)[1] if quotes else None
