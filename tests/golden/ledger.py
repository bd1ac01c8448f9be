"""Writes the golden ledger: the same rows each time, legitimate, and messy as real life.

    ledger.py OUT_DIR [PUBLISHED]

With PUBLISHED, the output folder of an earlier run, the contact log also reports what that run sent. SEED in the
environment throws the dice anew.
"""

import datetime as dt
import os
import pathlib
import sys
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

FIRST = dt.date(2025, 5, 1)
LAST = dt.date(2026, 6, 30)
MONEY = pa.decimal128(18, 2)
RATE = pa.decimal128(18, 8)
TIME = pa.timestamp("us", tz="UTC")


class Dice:
    """A generator of its own (Lehmer's), so that the rows never depend on a version of Python."""

    def __init__(self, seed):
        self.state = seed

    def roll(self, low, high):
        self.state = self.state * 48271 % 2147483647
        return low + self.state % (high - low + 1)

    def one_of(self, values):
        return values[self.roll(0, len(values) - 1)]

    def chance(self, percent):
        return self.roll(1, 100) <= percent


def days(n):
    return dt.timedelta(days=n)


def money(cents):
    return Decimal(cents).scaleb(-2)


def cnpj(root, branch):
    """A CNPJ with its check digits."""
    digits = [int(c) for c in f"{root:08d}{branch:04d}"]
    for weights in ([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]):
        rest = sum(d * w for d, w in zip(digits, weights)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "".join(map(str, digits))


SCHEMAS = {
    "invoices": pa.schema([
        ("invoice_id", pa.string()), ("installment_no", pa.int32()), ("company_id", pa.string()),
        ("debtor_id", pa.string()), ("document_type", pa.string()), ("original_invoice_id", pa.string()),
        ("issue_date", pa.date32()), ("due_date", pa.date32()), ("currency", pa.string()), ("amount", MONEY),
        ("dunning_block", pa.string()), ("collector_id", pa.string())]),
    "payments": pa.schema([
        ("payment_id", pa.string()), ("debtor_id", pa.string()), ("company_id", pa.string()),
        ("invoice_id", pa.string()), ("installment_no", pa.int32()), ("paid_on", pa.date32()),
        ("currency", pa.string()), ("amount", MONEY), ("kind", pa.string()), ("reverses", pa.string())]),
    "debtors": pa.schema([
        ("debtor_id", pa.string()), ("legal_name", pa.string()), ("tax_id", pa.string()), ("group_id", pa.string()),
        ("language", pa.string()), ("country", pa.string()), ("state", pa.string()), ("city", pa.string()),
        ("time_zone", pa.string()), ("customer_since", pa.date32()), ("dunning_block", pa.string()),
        ("is_insolvent", pa.bool_()),
        ("collector_id", pa.string())]),
    "contact_points": pa.schema([
        ("debtor_id", pa.string()), ("channel", pa.string()), ("address", pa.string()), ("opted_in", pa.bool_()),
        ("opted_out_on", pa.date32())]),
    "contact_log": pa.schema([
        ("event_id", pa.string()), ("action_id", pa.string()), ("debtor_id", pa.string()), ("company_id", pa.string()),
        ("invoice_id", pa.string()), ("channel", pa.string()), ("direction", pa.string()), ("occurred_at", TIME),
        ("status", pa.string()), ("regua", pa.string()), ("step_id", pa.string()), ("cost", RATE),
        ("cost_currency", pa.string()), ("agent_id", pa.string()), ("agency_id", pa.string())]),
    "agreements": pa.schema([
        ("agreement_id", pa.string()), ("debtor_id", pa.string()), ("agreed_on", pa.date32()),
        ("installment_no", pa.int32()), ("due_date", pa.date32()), ("amount", MONEY), ("currency", pa.string()),
        ("paid_on", pa.date32()), ("cancelled_on", pa.date32())]),
    "agreement_items": pa.schema([
        ("agreement_id", pa.string()), ("company_id", pa.string()), ("invoice_id", pa.string()),
        ("installment_no", pa.int32())]),
    "promises": pa.schema([
        ("promise_id", pa.string()), ("debtor_id", pa.string()), ("company_id", pa.string()),
        ("invoice_id", pa.string()), ("promised_on", pa.date32()), ("pay_by", pa.date32()), ("amount", MONEY)]),
    "disputes": pa.schema([
        ("dispute_id", pa.string()), ("debtor_id", pa.string()), ("company_id", pa.string()),
        ("invoice_id", pa.string()), ("opened_on", pa.date32()), ("closed_on", pa.date32()), ("kind", pa.string())]),
    "listings": pa.schema([
        ("listing_id", pa.string()), ("debtor_id", pa.string()), ("company_id", pa.string()),
        ("invoice_id", pa.string()), ("installment_no", pa.int32()), ("kind", pa.string()), ("bureau", pa.string()),
        ("included_on", pa.date32()), ("removal_requested_on", pa.date32()), ("removed_on", pa.date32())]),
    "placements": pa.schema([
        ("placement_id", pa.string()), ("debtor_id", pa.string()), ("company_id", pa.string()),
        ("invoice_id", pa.string()), ("agency_id", pa.string()), ("placed_on", pa.date32()),
        ("recalled_on", pa.date32())]),
    "fx_rates": pa.schema([
        ("date", pa.date32()), ("from_currency", pa.string()), ("to_currency", pa.string()), ("rate", RATE)]),
    "holidays": pa.schema([("date", pa.date32()), ("scope", pa.string()), ("name", pa.string())]),
}

ROWS = {name: [] for name in SCHEMAS}


def add(table, **row):
    unknown = set(row) - set(SCHEMAS[table].names)
    assert not unknown, (table, unknown)
    ROWS[table].append({name: row.get(name) for name in SCHEMAS[table].names})


# How a debtor pays: days after the payable day from ... to, per cent of items never paid, per cent paid in parts.
HABITS = {
    "early": (-20, 0, 0, 5),
    "prompt": (-3, 2, 1, 5),
    "late": (3, 25, 3, 20),
    "slow": (20, 70, 8, 30),
    "bad": (40, 150, 30, 30),
    "never": (0, 0, 95, 0),
}
HABIT_OF = ["prompt", "late", "early", "slow", "prompt", "late", "bad", "prompt", "late", "slow", "prompt", "never"]


def debtors(dice):
    """52 debtors: two groups by group_id, three by CNPJ root, foreigners, one insolvent, one blocked."""
    found = []
    for n in range(1, 53):
        debtor = f"D{n:03d}"
        root = 11222000 + n
        branch = 1
        if n in (11, 12, 13):            # branches of one legal person
            root, branch = 11222011, n - 10
        if n in (20, 21):
            root, branch = 11222020, n - 19
        foreign = n in (40, 41, 42)
        add("debtors", debtor_id=debtor, legal_name=f"Cliente {n:03d} Ltda.",
            tax_id=None if n == 33 else f"EIN-{n:07d}" if foreign else cnpj(root, branch),
            group_id="G-ALFA" if n in (5, 6, 13) else "G-BETA" if n in (30, 31) else None,
            language="en" if foreign else None, country="US" if foreign else "BR",
            state=None if foreign else dice.one_of(["SP", "RJ", "AM", "MG", "BA"]),
            time_zone="America/Los_Angeles" if foreign else None,
            customer_since=dt.date(2020, 1, 1) + days(n * 17),
            dunning_block="jurídico" if n == 18 else None, is_insolvent=n == 26,
            collector_id=[None, "ana", "bruno", None, "carla"][n % 5])
        found.append((debtor, n))
        for channel, address in (("email", f"{debtor.lower()}@cliente{n}.example"),
                                 ("whatsapp", f"+5511987{n:06d}"), ("phone", f"+551131{n:06d}")):
            if channel == "email" or n % 3:
                add("contact_points", debtor_id=debtor, channel=channel, address=address, opted_in=True,
                    opted_out_on=dt.date(2026, 2, 10) if n == 9 and channel == "whatsapp" else None)
    return found


class Ledger:
    """Invoices and what was paid on them, month by month."""

    def __init__(self, dice):
        self.dice = dice
        self.payments = 0
        self.items = []                  # (invoice, instalment, company, debtor, currency, issued, due, cents)

    def pay(self, debtor, invoice, instalment, on, cents, currency, kind=None, company=None, payment=None,
            reverses=None):
        self.payments += 1
        payment = payment or f"P{self.payments:05d}"
        if on <= LAST:
            add("payments", payment_id=payment, debtor_id=debtor, company_id=company, invoice_id=invoice,
                installment_no=instalment, paid_on=on, currency=currency, amount=money(cents), kind=kind,
                reverses=reverses)
        return payment

    def bill(self, debtor, n, company, currency, issued):
        dice = self.dice
        invoice = f"{company}-{currency[0]}{issued:%y%m}-{n:03d}-{dice.roll(100, 999)}{len(self.items):04d}"
        parts = dice.one_of([1, 1, 1, 1, 2, 3])
        term = [14, 21, 28, 30, 45, 60][n % 6]
        for part in range(1, parts + 1):
            cents = dice.roll(5_000, 900_000) if n % 9 else dice.roll(900_000, 5_000_000)
            due = issued + days(term + 30 * (part - 1))
            add("invoices", invoice_id=invoice, installment_no=part if parts > 1 else dice.one_of([None, 0, 1]),
                company_id=None if company == "1" and dice.chance(30) else company, debtor_id=debtor,
                document_type=dice.one_of([None, "invoice", "invoice", "debit_note"]), issue_date=issued,
                due_date=due, currency=None if currency == "BRL" and dice.chance(30) else currency,
                amount=money(cents), collector_id="diego" if dice.chance(7) else None)
            self.items.append((invoice, part, company, debtor, currency, issued, due, cents))
            self.settle(debtor, n, invoice, part if parts > 1 else dice.one_of([None, 1]), issued, due, cents,
                        currency)

    def settle(self, debtor, n, invoice, part, issued, due, cents, currency):
        """Pays one item as its debtor is used to."""
        dice = self.dice
        low, high, never, in_parts = HABITS[HABIT_OF[n % len(HABIT_OF)]]
        if dice.chance(never):
            if dice.chance(25):
                self.pay(debtor, invoice, part, due + days(dice.roll(90, 200)), cents, currency, "write_off")
            return
        on = max(due + days(dice.roll(low, high)), issued)
        if dice.chance(in_parts):
            first = cents * dice.roll(10, 90) // 100
            self.pay(debtor, invoice, part, on, first, currency)
            if dice.chance(70):
                self.pay(debtor, invoice, part, on + days(dice.roll(3, 40)), cents - first, currency)
            return
        odd = dice.roll(1, 100)
        if odd <= 3:                     # more than is owed
            self.pay(debtor, invoice, part, on, cents + dice.roll(100, 30_000), currency)
        elif odd <= 6:                   # taken back some days later, and mostly paid again
            payment = self.pay(debtor, invoice, part, on, cents, currency)
            back = on + days(dice.roll(2, 35))
            kind = dice.one_of(["chargeback", "payment", "refund"])
            self.pay(debtor, invoice, part, back, -cents, currency, kind, reverses=payment)
            if dice.chance(60):
                self.pay(debtor, invoice, part, back + days(dice.roll(1, 30)), cents, currency)
        elif odd <= 10:                  # less a credit note, which comes as a payment row
            note = cents * dice.roll(3, 20) // 100
            self.pay(debtor, invoice, part, on - days(dice.roll(0, 3)), note, currency, "credit_note")
            self.pay(debtor, invoice, part, on, cents - note, currency)
        elif odd <= 12:                  # with fine and interest beside the principal
            self.pay(debtor, invoice, part, on, cents, currency)
            self.pay(debtor, invoice, part, on, cents // 50, currency, "charges")
        elif odd <= 14:                  # a small refund of what was paid
            self.pay(debtor, invoice, part, on, cents, currency)
            self.pay(debtor, invoice, part, on + days(12), -(cents // 10), currency, "refund")
        else:
            self.pay(debtor, invoice, part, on, cents, currency)


def books(n):
    """Company and currency of what a debtor buys."""
    if n in (40, 41, 42):
        return [("1", "USD"), ("3", "USD")]
    if n in (7, 8, 22):                  # of two companies
        return [("1", "BRL"), ("2", "BRL")]
    if n == 23:
        return [("1", "BRL"), ("1", "USD")]
    return [(str(1 + n % 3), "BRL")]


def months():
    month = FIRST
    while month <= LAST:
        yield month
        month = (month + days(32)).replace(day=1)


def trade(ledger, found):
    dice = ledger.dice
    for month in months():
        for debtor, n in found:
            if n in (50, 51):            # a debtor with credits only, and one without any invoice
                continue
            for company, currency in books(n):
                if company == "2" and month == dt.date(2026, 1, 1):
                    continue             # nothing sold that month
                if company == "3" and currency == "USD" and month < dt.date(2026, 5, 1):
                    continue             # fewer than 90 days of history
                if dice.chance(66):
                    ledger.bill(debtor, n, company, currency, month + days(dice.roll(0, 27)))


def invoice(invoice_id, debtor, company, issued, due, amount, currency="BRL", part=None, kind=None, original=None,
            collector=None):
    add("invoices", invoice_id=invoice_id, installment_no=part, company_id=company, debtor_id=debtor,
        document_type=kind, original_invoice_id=original, issue_date=issued, due_date=due, currency=currency,
        amount=Decimal(amount), collector_id=collector)


def d(text):
    return dt.date.fromisoformat(text)


def corners(ledger):
    """What no dice would throw: one row or a few for each edge of the specification."""
    pay = ledger.pay
    # Due on the as-of dates themselves, on a Saturday, on a Sunday, on holidays, on Carnival Monday.
    for n, due in enumerate(["2026-03-31", "2026-05-15", "2026-06-30", "2026-05-16", "2026-03-29", "2026-06-28",
                             "2026-05-01", "2026-04-03", "2026-02-16", "2026-06-04", "2026-06-27"]):
        invoice(f"EDGE-{n:02d}", "D001", "2", d(due) - days(28), d(due), f"{100 + n}.00")
    pay("D001", "EDGE-06", None, d("2026-05-04"), 10600, "BRL")      # due on May 1 (Friday), paid on Monday: on time
    pay("D001", "EDGE-07", None, d("2026-04-07"), 10700, "BRL")      # due on Good Friday, paid on Tuesday: late
    pay("D001", "EDGE-08", None, d("2026-02-18"), 10800, "BRL")      # due on Carnival Monday, paid on Wednesday
    # Instalments that no payment names: filled in order of due date, one payment over several.
    for part in (1, 2, 3):
        invoice("FILL-1", "D002", "3", d("2026-01-10"), d("2026-01-10") + days(30 * part), "1000.00", part=part)
    pay("D002", "FILL-1", None, d("2026-02-05"), 150000, "BRL")
    pay("D002", "FILL-1", 0, d("2026-04-20"), 70000, "BRL")
    pay("D002", "FILL-1", None, d("2026-05-02"), 100000, "BRL")      # 200.00 more than is left
    # Paid on the day of a credit note and of a write-off: payments count first.
    invoice("SAME-1", "D003", "1", d("2026-02-02"), d("2026-03-02"), "1000.00")
    pay("D003", "SAME-1", None, d("2026-03-10"), 70000, "BRL", "write_off")
    pay("D003", "SAME-1", None, d("2026-03-10"), 50000, "BRL", "credit_note")
    pay("D003", "SAME-1", None, d("2026-03-10"), 30000, "BRL")
    # A write-off that is taken back, and paid after all.
    invoice("BACK-1", "D004", "2", d("2025-08-01"), d("2025-08-29"), "2500.00")
    off = pay("D004", "BACK-1", None, d("2026-02-20"), 250000, "BRL", "write_off")
    pay("D004", "BACK-1", None, d("2026-05-11"), -250000, "BRL", "write_off", reverses=off)
    pay("D004", "BACK-1", None, d("2026-06-12"), 125050, "BRL")
    # Credit notes as documents: of an invoice, above zero and below, and one of the account.
    invoice("NOTE-1", "D007", "1", d("2026-03-03"), d("2026-04-02"), "4000.00")
    invoice("NOTE-1C", "D007", "1", d("2026-04-15"), d("2026-04-15"), "-650.00", kind="credit_note",
            original="NOTE-1")
    invoice("NOTE-2", "D007", "2", d("2026-03-03"), d("2026-04-02"), "900.00")
    invoice("NOTE-2C", "D007", "2", d("2026-03-20"), d("2026-03-20"), "1000.00", kind="credit_note",
            original="NOTE-2")                                        # 100.00 of it is credit
    invoice("NOTE-3C", "D050", "1", d("2026-02-11"), d("2026-02-11"), "333.33", kind="credit_note")
    invoice("DRAFT-1", "D007", "1", d("2026-03-03"), d("2026-04-02"), "9999.00", kind="draft")
    # Credits: of a debtor who owes nothing, in a company of its own; without a company; taken back in part.
    pay("D051", None, None, d("2026-01-20"), 77701, "BRL", company="2")
    pay("D008", None, None, d("2026-03-05"), 50000, "BRL")
    pay("D014", None, None, d("2026-03-05"), 80000, "BRL", company="3")
    pay("D014", None, None, d("2026-04-05"), -30000, "BRL", "refund", company="3")
    pay("D041", None, None, d("2026-06-05"), 12345, "USD", company="1")
    # Payments that name nobody that is known.
    pay("X999", "NOBODY-1", None, d("2026-02-14"), 4321, "BRL", company="1")
    pay("X998", None, None, d("2026-05-20"), 1000, "BRL", company="2")
    pay(None, "NOBODY-2", None, d("2026-03-14"), 2345, "BRL", company="3")
    pay(None, None, None, d("2026-05-21"), 3456, "USD", company="1")
    pay("D003", "MISTYPED", None, d("2026-03-25"), 11111, "BRL", company="1")
    # Half a payment taken back; instalments of which one is named and the others are not; paid after a write-off.
    invoice("HALF-1", "D029", "3", d("2026-02-01"), d("2026-03-03"), "700.00")
    half = pay("D029", "HALF-1", None, d("2026-03-10"), 70000, "BRL")
    pay("D029", "HALF-1", None, d("2026-04-10"), -20000, "BRL", "chargeback", reverses=half)
    for part in (1, 2, 3):
        invoice("MIX-1", "D029", "3", d("2026-02-01"), d("2026-02-01") + days(30 * part), "500.00", part=part)
    pay("D029", "MIX-1", 2, d("2026-03-02"), 20000, "BRL")
    pay("D029", "MIX-1", None, d("2026-03-06"), 60000, "BRL")
    pay("D029", "MIX-1", 1, d("2026-04-06"), 10000, "BRL")
    invoice("OFF-1", "D032", "3", d("2025-07-01"), d("2025-07-31"), "450.00")
    pay("D032", "OFF-1", None, d("2026-01-15"), 45000, "BRL", "write_off")
    pay("D032", "OFF-1", None, d("2026-03-16"), 20000, "BRL")
    # One payment over invoices of three branches, and taken back by its number alone.
    for branch, company in (("D011", "3"), ("D012", "1"), ("D013", "2")):
        invoice(f"HEAD-{branch}", branch, company, d("2026-02-20"), d("2026-03-20"), "300.00")
        pay("D011", f"HEAD-{branch}", None, d("2026-03-24"), 30000, "BRL", payment="P-HEAD")
    invoice("HEAD-2", "D012", "1", d("2026-02-20"), d("2026-03-20"), "410.00")
    pay("D012", "HEAD-2", None, d("2026-03-23"), 41000, "BRL", payment="P-HEAD-2")
    pay("D012", None, None, d("2026-04-09"), -41000, "BRL", "chargeback", reverses="P-HEAD-2")
    # A reversal with its amount above zero.
    invoice("PLUS-1", "D015", "1", d("2026-03-01"), d("2026-03-31"), "820.00")
    plus = pay("D015", "PLUS-1", None, d("2026-03-30"), 82000, "BRL")
    pay("D015", "PLUS-1", None, d("2026-04-22"), 82000, "BRL", "chargeback", reverses=plus)
    # Paid before it was billed.
    invoice("AHEAD-1", "D016", "2", d("2026-04-10"), d("2026-05-10"), "640.00")
    pay("D016", "AHEAD-1", None, d("2026-03-28"), 64000, "BRL")
    # Two payments on one day, and the excess of the first taken back.
    invoice("TWICE-1", "D017", "3", d("2026-01-15"), d("2026-02-14"), "500.00")
    pay("D017", "TWICE-1", None, d("2026-02-13"), 50000, "BRL")
    pay("D017", "TWICE-1", None, d("2026-02-13"), 50000, "BRL")
    pay("D017", "TWICE-1", None, d("2026-02-25"), -50000, "BRL", "refund")
    # Billed after each of the dates: not there yet.
    invoice("LATER-1", "D019", "2", d("2026-06-29"), d("2026-07-29"), "55.55")
    # Many items of one group, so that top 1 is a group.
    invoice("BIG-1", "D013", "2", d("2026-01-05"), d("2026-02-04"), "45000.00", collector="diego")
    invoice("BIG-2", "D005", "3", d("2026-03-05"), d("2026-04-06"), "38000.00")


def edges(ledger):
    """The last days of every window, and the first ones outside, as seen on June 30."""
    pay = ledger.pay
    # Net sales of 90 days begin on April 2; the cohort of losses ends with what was payable on January 30 (a Friday).
    for n, issued in enumerate(["2026-04-01", "2026-04-02", "2026-05-31", "2026-06-01"]):
        invoice(f"WIN-{n}", "D010", "2", d(issued), d(issued) + days(28), f"{210 + n}.00")
    for n, due in enumerate(["2025-09-03", "2025-09-04", "2026-01-30", "2026-02-02"]):
        invoice(f"COH-{n}", "D010", "2", d(due) - days(30), d(due), f"{310 + n}.00")
        pay("D010", f"COH-{n}", None, d(due) + days(150 + n % 2), 10000, "BRL")       # within 150 days, and just after
        pay("D010", f"COH-{n}", None, d(due) + days(30), 5000, "BRL")                 # on the last day of 1-30
        pay("D010", f"COH-{n}", None, d(due) + days(31), 2500, "BRL")                 # on the first day of 31-60
    # Paid on the first and on the last day of a month, of a roll and of the thirty days of the collectors.
    invoice("DAYS-1", "D010", "2", d("2026-03-02"), d("2026-04-01"), "900.00")
    for on, amount in (("2026-04-30", 10000), ("2026-05-01", 11000), ("2026-05-31", 12000), ("2026-06-01", 13000),
                       ("2026-06-30", 14000)):
        pay("D010", "DAYS-1", None, d(on), amount, "BRL")
    # Disputed, listed and placed since the as-of date, or until then.
    for n, (begins, ends) in enumerate([("2026-06-30", None), ("2026-04-01", "2026-06-30"),
                                        ("2026-04-01", "2026-07-01"), ("2026-07-01", None)]):
        invoice(f"HOLD-{n}", "D038", "3", d("2026-01-05"), d("2026-02-04"), f"{500 + n}.00")
        span = {"company_id": "3", "debtor_id": "D038", "invoice_id": f"HOLD-{n}"}
        add("disputes", dispute_id=f"DI-E{n}", opened_on=d(begins), closed_on=d(ends) if ends else None,
            kind="dispute", **span)
        add("listings", listing_id=f"LI-E{n}", kind="negativacao", bureau="boavista", included_on=d(begins),
            removed_on=d(ends) if ends else None, **span)
        add("placements", placement_id=f"PL-E{n}", agency_id="agency-3", placed_on=d(begins),
            recalled_on=d(ends) if ends else None, **span)
    # Listed and paid: five business days ago, six, and written off.
    for n, on in enumerate(["2026-06-22", "2026-06-23", "2026-06-24", "2026-06-19"]):
        invoice(f"PAID-{n}", "D039", "1", d("2026-01-05"), d("2026-02-04"), f"{600 + n}.00")
        pay("D039", f"PAID-{n}", None, d(on), 60000 + 100 * n, "BRL", "write_off" if n == 3 else None)
        add("listings", listing_id=f"LI-P{n}", debtor_id="D039", company_id="1", invoice_id=f"PAID-{n}",
            kind="negativacao", bureau="boavista", included_on=d("2026-04-01"))
    # Of two instalments listed together one is paid.
    for part in (1, 2):
        invoice("PAID-5", "D039", "1", d("2026-01-05"), d("2026-01-05") + days(30 * part), "77.00", part=part)
    pay("D039", "PAID-5", 1, d("2026-03-02"), 7700, "BRL")
    add("listings", listing_id="LI-P5", debtor_id="D039", company_id="1", invoice_id="PAID-5", kind="negativacao",
        bureau="boavista", included_on=d("2026-04-01"))
    # With an agency, and paid in full while it had it.
    invoice("AGENCY-1", "D045", "1", d("2026-01-05"), d("2026-02-04"), "1500.00", collector="diego")
    pay("D045", "AGENCY-1", None, d("2026-06-15"), 150000, "BRL")
    add("placements", placement_id="PL-A1", debtor_id="D045", company_id="1", invoice_id="AGENCY-1",
        agency_id="agency-2", placed_on=d("2026-05-04"))
    # Messages on the last days of the windows of recovery and of pressure, one not sent yet, and two on one day.
    for n, (day, channel, statuses) in enumerate([
            ("2026-03-25", "email", ["sent"]), ("2026-03-26", "email", ["sent"]), ("2026-06-23", "email", ["sent"]),
            ("2026-06-24", "email", ["sent"]), ("2026-06-25", "sms", ["queued"]), ("2026-06-10", "sms", ["sent"]),
            ("2026-06-10", "phone", ["answered"]), ("2026-06-12", "email", ["sent", "replied"]),
            ("2026-06-12", "sms", ["sent", "bounced"]), ("2026-06-14", "phone", ["wrong_party"])]):
        for no, status in enumerate(statuses):
            add("contact_log", event_id=f"EV-E{n}-{no}", action_id=f"edge-{n}", debtor_id="D010", company_id="2",
                invoice_id="DAYS-1", channel=channel, status=status, regua="b2b", step_id="d+30",
                occurred_at=dt.datetime.combine(d(day), dt.time(15 + no, n), dt.timezone.utc),
                cost=Decimal("0.5") if no == 0 else Decimal("0.75"))
    invoice("ASKED-1", "D010", "2", d("2026-05-04"), d("2026-06-03"), "800.00")
    for on, amount in (("2026-06-09", 1000), ("2026-06-10", 2000), ("2026-06-12", 3000), ("2026-06-19", 4000),
                       ("2026-06-20", 5000), ("2026-06-30", 6000)):
        pay("D010", "ASKED-1", None, d(on), amount, "BRL")
    # A promise on the first day of its window and one before it; one made on the day of a payment; one for a Saturday.
    invoice("PROM-4", "D034", "2", d("2026-02-02"), d("2026-03-04"), "400.00")
    pay("D034", "PROM-4", None, d("2026-04-06"), 10000, "BRL")
    pay("D034", "PROM-4", None, d("2026-06-16"), 10000, "BRL")
    for n, (made, by, amount) in enumerate([("2026-03-20", "2026-04-01", "400.00"),
                                            ("2026-03-20", "2026-04-02", "100.00"),
                                            ("2026-06-16", "2026-06-20", None), ("2026-06-22", "2026-06-27", "50.00"),
                                            ("2026-06-22", "2026-06-26", "50.00")]):
        add("promises", promise_id=f"PROM-W{n}", debtor_id="D034", company_id="2", invoice_id="PROM-4",
            promised_on=d(made), pay_by=d(by), amount=Decimal(amount) if amount else None)


def small_debtors(ledger):
    """Eighty who buy once or twice: enough groups for the intervals of an experiment."""
    dice = ledger.dice
    for n in range(1, 81):
        debtor = f"S{n:03d}"
        add("debtors", debtor_id=debtor, legal_name=f"Loja {n:03d} ME", country="BR", state="SP",
            collector_id="carla" if n % 4 == 0 else None)
        add("contact_points", debtor_id=debtor, channel="email", address=f"{debtor.lower()}@loja{n}.example",
            opted_in=True)
        for no in range(1 + n % 2):
            due = d("2026-01-20") + days(dice.roll(0, 140))
            cents = dice.roll(1_000, 60_000)
            invoice(f"SMALL-{n:03d}-{no}", debtor, "3", due - days(28), due, str(money(cents)))
            if dice.chance(75):
                ledger.pay(debtor, f"SMALL-{n:03d}-{no}", None, due + days(dice.roll(-5, 45)),
                           cents if dice.chance(80) else cents // 2, "BRL")


def promises(ledger):
    """Kept, kept early, broken, pending; with an amount and without; of an invoice and of all that is due."""
    dice = ledger.dice
    late = [i for i in ledger.items if HABIT_OF[int(i[3][1:]) % len(HABIT_OF)] in ("late", "slow", "bad")
            and d("2025-12-01") <= i[6] <= d("2026-06-10")]
    for n, (invoice_id, _, company, debtor, _, _, due, cents) in enumerate(late[::5]):
        made = due + days(dice.roll(2, 20))
        if made > LAST:
            continue
        amount = dice.one_of([None, money(cents), money(cents // 2), money(cents + 5000)])
        add("promises", promise_id=f"PR{n:03d}", debtor_id=debtor, company_id=company if n % 2 else None,
            invoice_id=invoice_id if n % 4 else None, promised_on=made, pay_by=made + days(dice.roll(1, 12)),
            amount=amount)
    # The examples of the specification, by hand.
    invoice("PROM-1", "D024", "1", d("2026-03-01"), d("2026-04-20"), "900.00")
    ledger.pay("D024", "PROM-1", None, d("2026-05-12"), 90000, "BRL")
    add("promises", promise_id="PROM-A", debtor_id="D024", invoice_id="PROM-1", promised_on=d("2026-05-02"),
        pay_by=d("2026-05-08"), amount=Decimal("900.00"))
    invoice("PROM-2", "D024", "1", d("2026-03-01"), d("2026-04-20"), "300.00")
    ledger.pay("D024", "PROM-2", None, d("2026-05-04"), 10000, "BRL")
    add("promises", promise_id="PROM-B", debtor_id="D024", invoice_id="PROM-2", promised_on=d("2026-05-02"),
        pay_by=d("2026-05-05"), amount=Decimal("300.00"))
    # Kept, and then taken back: by a refund, by a chargeback, and before the grace was over.
    for n, (kind, on) in enumerate([("refund", "2026-06-01"), ("chargeback", "2026-06-02"), ("refund", "2026-05-13")]):
        invoice(f"TAKE-{n}", "D028", "2", d("2026-03-01"), d("2026-04-20"), f"{1000 + n}.00")
        paid = ledger.pay("D028", f"TAKE-{n}", None, d("2026-05-11"), 100000 + 100 * n, "BRL")
        ledger.pay("D028", f"TAKE-{n}", None, d(on), -10000, "BRL", kind,
                   reverses=paid if kind == "chargeback" else None)
        add("promises", promise_id=f"PROM-T{n}", debtor_id="D028", invoice_id=f"TAKE-{n}", promised_on=d("2026-05-08"),
            pay_by=d("2026-05-12"), amount=Decimal(f"{1000 + n}.00"))
    # Nothing was open: passed over. A day far off, paid already: kept early. Zero: skipped.
    add("promises", promise_id="PROM-C", debtor_id="D024", invoice_id="PROM-1", promised_on=d("2026-05-20"),
        pay_by=d("2026-05-25"))
    invoice("PROM-3", "D027", "1", d("2026-05-01"), d("2026-06-01"), "210.00")
    ledger.pay("D027", "PROM-3", None, d("2026-06-20"), 21000, "BRL")
    add("promises", promise_id="PROM-D", debtor_id="D027", invoice_id="PROM-3", promised_on=d("2026-06-10"),
        pay_by=d("2026-07-15"))
    add("promises", promise_id="PROM-E", debtor_id="D027", promised_on=d("2026-06-29"), pay_by=d("2026-07-06"))
    for debtor in ("D025", "D028", "D034", "D035", "D044", "D046"):
        add("promises", promise_id=f"PEND-{debtor}", debtor_id=debtor, promised_on=d("2026-06-26"),
            pay_by=d("2026-07-09"), amount=Decimal("150.00") if debtor == "D028" else None)
        add("promises", promise_id=f"MAY-{debtor}", debtor_id=debtor, promised_on=d("2026-05-12"),
            pay_by=d("2026-05-19"), amount=Decimal("80.00") if debtor == "D044" else None)
    add("promises", promise_id="PEND-D007", debtor_id="D007", promised_on=d("2026-06-25"), pay_by=d("2026-07-02"),
        amount=Decimal("100.00"))


def agreement(number, debtor, covered, instalments, agreed=None, cancelled=None, currency="BRL"):
    for no, (due, amount, paid) in enumerate(instalments, 1):
        add("agreements", agreement_id=number, debtor_id=debtor, agreed_on=agreed, installment_no=no, due_date=d(due),
            amount=Decimal(amount), currency=currency, paid_on=d(paid) if paid else None,
            cancelled_on=d(cancelled) if cancelled else None)
    for invoice_id in covered:
        add("agreement_items", agreement_id=number, invoice_id=invoice_id)


def agreements(ledger):
    """Kept, broken, fulfilled, cancelled before and after an instalment was late, in both currencies."""
    pay = ledger.pay
    for n, (debtor, company, currency, amount) in enumerate([
            ("D043", "2", "BRL", "1200.00"), ("D045", "1", "BRL", "900.00"), ("D047", "3", "BRL", "800.00"),
            ("D048", "1", "BRL", "700.00"), ("D049", "2", "BRL", "600.00"), ("D041", "1", "USD", "500.00"),
            ("D044", "3", "BRL", "1500.00"), ("D036", "1", "BRL", "640.00")]):
        invoice(f"AGR-{n}", debtor, company, d("2025-11-10"), d("2025-12-10"), amount, currency)
    agreement("A0", "D043", ["AGR-0"], [("2026-03-05", "400.00", "2026-03-04"), ("2026-04-06", "400.00", "2026-04-08"),
                                        ("2026-07-06", "400.00", None)], d("2026-02-20"))
    pay("D043", "AGR-0", None, d("2026-03-04"), 40000, "BRL")
    pay("D043", "AGR-0", None, d("2026-04-08"), 40000, "BRL")
    agreement("A1", "D045", ["AGR-1"], [("2026-03-05", "450.00", "2026-03-04"), ("2026-04-06", "450.00", None)],
              d("2026-02-20"))
    pay("D045", "AGR-1", None, d("2026-03-04"), 45000, "BRL")
    agreement("A2", "D047", ["AGR-2"], [("2026-02-05", "400.00", "2026-02-05"), ("2026-03-05", "400.00", "2026-03-05")],
              d("2026-01-20"))
    pay("D047", "AGR-2", None, d("2026-02-05"), 40000, "BRL")
    pay("D047", "AGR-2", None, d("2026-03-05"), 40000, "BRL")
    agreement("A3", "D048", ["AGR-3"], [("2026-06-10", "350.00", None), ("2026-07-10", "350.00", None)],
              d("2026-05-10"), "2026-05-20")
    agreement("A4", "D049", ["AGR-4"], [("2026-04-10", "300.00", None), ("2026-05-11", "300.00", None)],
              d("2026-03-20"), "2026-05-02")
    agreement("A5", "D041", ["AGR-5"], [("2026-06-05", "250.00", "2026-06-05"), ("2026-07-06", "250.00", None)],
              d("2026-05-20"), currency="USD")
    pay("D041", "AGR-5", None, d("2026-06-05"), 25000, "USD")
    agreement("A6", "D044", ["AGR-6"], [("2026-06-15", "500.00", "2026-06-15"), ("2026-07-15", "500.00", None),
                                        ("2026-08-14", "500.00", None)], d("2026-06-01"))
    pay("D044", "AGR-6", None, d("2026-06-15"), 50000, "BRL")
    # Paid late, but paid; paid as the ledger knows and the agreement does not; two invoices, without a day of signing.
    for n, debtor in enumerate(("D046", "D046", "D010", "D010")):
        invoice(f"AGL-{n}", debtor, "2", d("2025-11-10"), d("2025-12-10"), "300.00")
    agreement("A8", "D046", ["AGL-0"], [("2026-04-10", "150.00", "2026-04-30"), ("2026-07-10", "150.00", None)],
              d("2026-03-20"))
    pay("D046", "AGL-0", None, d("2026-04-30"), 15000, "BRL")
    agreement("A9", "D046", ["AGL-1"], [("2026-04-10", "150.00", None), ("2026-07-10", "150.00", None)],
              d("2026-03-20"))
    pay("D046", "AGL-1", None, d("2026-04-09"), 15000, "BRL")
    agreement("A10", "D010", ["AGL-2", "AGL-3"], [("2026-03-10", "300.00", "2026-03-10"),
                                                  ("2026-07-10", "300.00", None)])
    pay("D010", "AGL-2", None, d("2026-03-10"), 30000, "BRL")
    # Due on a Saturday, and on a holiday.
    invoice("AGS-1", "D052", "2", d("2025-11-10"), d("2025-12-10"), "900.00")
    agreement("A11", "D052", ["AGS-1"], [("2026-06-04", "300.00", "2026-06-09"), ("2026-08-08", "300.00", None),
                                         ("2026-09-07", "300.00", None)], d("2026-05-20"))
    pay("D052", "AGS-1", None, d("2026-06-09"), 30000, "BRL")
    invoice("AGS-2", "D052", "2", d("2025-11-10"), d("2025-12-10"), "800.00")
    agreement("A12", "D052", ["AGS-2"], [("2026-06-27", "400.00", None), ("2026-07-27", "400.00", None)],
              d("2026-05-20"))
    # Due on the last Friday: its grace is not over on June 30.
    agreement("A7", "D036", ["AGR-7"], [("2026-06-26", "320.00", None), ("2026-07-27", "320.00", None)],
              d("2026-06-12"))


def holds(ledger):
    """Disputes, returns, listings and placements."""
    dice = ledger.dice
    unpaid = [i for i in ledger.items if HABIT_OF[int(i[3][1:]) % len(HABIT_OF)] in ("bad", "never", "slow")
              and i[6] <= d("2026-05-15")]
    for n, (invoice_id, part, company, debtor, _, _, due, _) in enumerate(unpaid[3::11]):
        add("disputes", dispute_id=f"DI{n:02d}", debtor_id=debtor, company_id=company, invoice_id=invoice_id,
            opened_on=due + days(5), closed_on=due + days(60) if n % 3 == 0 else None,
            kind="dispute" if n % 2 else "goods_return")
    for n, (invoice_id, part, company, debtor, _, _, due, _) in enumerate(unpaid[5::7]):
        included = due + days(dice.roll(50, 80))
        add("listings", listing_id=f"LI{n:02d}", debtor_id=debtor, company_id=company, invoice_id=invoice_id,
            installment_no=part if n % 2 else None, kind="negativacao" if n % 3 else "protesto",
            bureau=["serasa", "spc"][n % 2] if n % 3 else "cartorio-1", included_on=included,
            removal_requested_on=included + days(40) if n % 5 == 1 else None,
            removed_on=included + days(50) if n % 10 == 1 else None)
    add("listings", listing_id="LI-UNKNOWN", debtor_id="D002", company_id="3", invoice_id="GONE-1",
        kind="negativacao", bureau="serasa", included_on=d("2025-09-01"))
    for n, (invoice_id, part, company, debtor, _, _, due, _) in enumerate(unpaid[1::9]):
        placed = due + days(dice.roll(60, 120))
        add("placements", placement_id=f"PL{n:02d}", debtor_id=debtor, company_id=company, invoice_id=invoice_id,
            agency_id=["agency-1", "agency-2"][n % 2], placed_on=placed,
            recalled_on=placed + days(60) if n % 4 == 0 else None)
    add("placements", placement_id="PL-ALL", debtor_id="D026", agency_id="agency-2", placed_on=d("2026-03-01"))


def contacts(ledger, found):
    """Messages and calls of five channels: in one event or several, answered or not, with costs."""
    dice = ledger.dice
    number = 0
    by_debtor = {}
    for item in ledger.items:
        by_debtor.setdefault(item[3], []).append(item)
    for debtor, n in found:
        for item in by_debtor.get(debtor, []):
            if HABIT_OF[n % len(HABIT_OF)] in ("early", "prompt") and dice.chance(80) or not dice.chance(70):
                continue
            for after, step, channel in ((1, "d+1", "whatsapp"), (5, "d+5", "email"), (15, "d+15", "phone"),
                                         (30, "d+30", "letter")):
                day = item[6] + days(after + dice.roll(0, 2))
                if not dice.chance(45) or day > LAST or day < d("2025-09-01"):
                    continue
                if dice.chance(10):
                    channel = "sms"
                number += 1
                contact(dice, number, debtor, item, channel, step, day)
    # An instruction, an inbound message, and one that was never sent: none of them is a contact.
    for n, (channel, direction, status) in enumerate([("instruction", "outbound", "sent"),
                                                      ("whatsapp", "inbound", "replied"),
                                                      ("email", "outbound", "ignored")]):
        add("contact_log", event_id=f"EV-X{n}", debtor_id="D007", channel=channel, direction=direction,
            occurred_at=dt.datetime(2026, 6, 24, 13, n, tzinfo=dt.timezone.utc), status=status)


STATUSES = {
    "whatsapp": [["sent"], ["sent", "delivered"], ["sent", "delivered", "read"], ["sent", "delivered", "read",
                 "replied"], ["sent", "failed"], ["queued", "sent", "delivered", "read"]],
    "email": [["sent"], ["sent", "delivered"], ["sent", "bounced"], ["sent", "delivered", "read"],
              ["sent", "delivered", "complained"], ["sent", "delivered", "opted_out"]],
    "sms": [["sent"], ["sent", "delivered"], ["sent", "failed"]],
    "phone": [["no_answer"], ["answered"], ["answered", "promised"], ["wrong_party"], ["answered", "disputed"]],
    "letter": [["sent"], ["sent", "delivered"], ["sent", "bounced"]],
}


def contact(dice, number, debtor, item, channel, step, day):
    """The events of one contact; a few before midnight in São Paulo are of the day after in UTC."""
    at = dt.datetime.combine(day, dt.time(13, number % 60), dt.timezone.utc)
    if dice.chance(5):
        at += dt.timedelta(hours=13)
    statuses = dice.one_of(STATUSES[channel])
    if len(statuses) > 1 and statuses[-1] in ("opted_out", "complained") and dice.chance(70):
        statuses = statuses[:-1]
    named = dice.chance(75)              # names its step, as a gateway does; else a person wrote it down
    action = f"ext-{number:05d}" if len(statuses) > 1 or dice.chance(50) else None
    cost = {"whatsapp": "0.35", "email": "0.01", "sms": "0.09", "phone": "1.80", "letter": "4.20"}[channel]
    about = dice.one_of([item[0], item[0], item[0], None])
    company = item[2] if about or dice.chance(50) else None
    cost_currency = dice.one_of([None, None, None, "USD", "BRL"])
    for no, status in enumerate(statuses):
        add("contact_log", event_id=f"EV{number:05d}-{no}", action_id=action, debtor_id=debtor, company_id=company,
            invoice_id=about, channel=channel, direction=None if number % 2 else "outbound",
            occurred_at=at + dt.timedelta(minutes=7 * no), status=status, regua="b2b" if named else None,
            step_id=step if named else None, cost=Decimal(cost) if no == 0 and number % 11 else None,
            cost_currency=cost_currency if no == 0 and number % 11 else None,
            agent_id="ana" if channel == "phone" and number % 3 == 0 else None,
            agency_id="agency-1" if channel in ("phone", "letter") and number % 3 == 1 else None)


def reported(published):
    """What the gateways tell of the actions of an earlier run: they went out the day after."""
    for path in sorted(pathlib.Path(published).glob("runs/2026-03-31/*/**/*.parquet")):
        if path.parent.name != "actions" and path.stem != "actions":
            continue
        for n, action in enumerate(sorted(pq.read_table(path).to_pylist(), key=lambda a: a["action_id"])):
            if action["channel"] == "instruction":
                continue
            for no, status in enumerate([["sent", "delivered"], ["sent", "delivered", "read"], ["sent"]][n % 3]):
                add("contact_log", event_id=f"RE{n:04d}-{no}", action_id=action["action_id"],
                    debtor_id=action["debtor_id"], company_id=action["company_id"], channel=action["channel"],
                    occurred_at=dt.datetime(2026, 4, 1, 14, no, tzinfo=dt.timezone.utc), status=status,
                    regua=action["regua"], step_id=action["step_id"], cost=Decimal("0.25") if no == 0 else None)


def rates():
    """The dollar on business days, as the bank writes it; none in the last days before one of the dates."""
    day, rate = FIRST, 540_000_000
    while day <= LAST:
        if day.weekday() < 5 and not d("2026-05-04") <= day <= d("2026-05-15"):
            add("fx_rates", date=day, from_currency="USD", to_currency="BRL", rate=Decimal(rate).scaleb(-8))
        rate += (day.toordinal() * 7919) % 4_000_001 - 2_000_000
        day += days(1)


def main():
    out = pathlib.Path(sys.argv[1])
    dice = Dice(int(os.environ.get("SEED", "20260630")))
    found = debtors(dice)
    ledger = Ledger(dice)
    trade(ledger, found)
    corners(ledger)
    edges(ledger)
    small_debtors(ledger)
    promises(ledger)
    agreements(ledger)
    holds(ledger)
    contacts(ledger, found)
    rates()
    add("holidays", date=d("2026-06-24"), scope="national", name="Só neste livro")
    if len(sys.argv) > 2:
        reported(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for name, schema in SCHEMAS.items():
        pq.write_table(pa.Table.from_pylist(ROWS[name], schema), out / f"{name}.parquet")
        print(f"{name:16} {len(ROWS[name]):6}")


if __name__ == "__main__":
    main()
