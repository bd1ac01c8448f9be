"""Works out every KPI table from the inputs by plain loops, and compares it with what was published.

    figures.py INPUT_DIR OUTPUT_DIR AS_OF [--as-published] [TABLE ...]

One line for each difference; 1 as exit code where there is any. Where Régua is known not to do what the specification
says, the letter of it counts and is a difference; with --as-published what Régua does counts, so that anything else
stands out.
"""

import collections
import datetime as dt
import pathlib
import sys
from decimal import Decimal
from fractions import Fraction

import pyarrow.parquet as pq

from book import (FAMILIES, ZERO, Book, cents, clamp, days, month_end, month_of, next_month, previous_month, ratio)

TABLES = {}


def table(*key):
    """Registers a function as the reckoning of the table of its name."""
    def register(function):
        TABLES[function.__name__] = (key, function)
        return function
    return register


class Published:
    """What a run published: its KPI tables, and the tables of its folder."""

    def __init__(self, output, as_of):
        self.output, self.as_of = pathlib.Path(output), as_of

    def kpi(self, name):
        return pq.read_table(self.output / "kpi" / name / f"dt={self.as_of}" / "part-00000.parquet").to_pylist()

    def run(self, name, as_of=None):
        folders = sorted((self.output / "runs" / str(as_of or self.as_of)).glob(f"*/{name}/part-*.parquet"))
        return [row for part in folders for row in pq.read_table(part).to_pylist()]

    def dates(self):
        return sorted(dt.date.fromisoformat(p.name) for p in (self.output / "runs").iterdir())


class Desk:
    """The book, and what only the run itself can tell: segments and drawn arms."""

    def __init__(self, inputs, output, as_of):
        self.book = Book(inputs, as_of)
        self.published = Published(output, as_of)
        self.as_of = as_of
        self.contacts = None
        self.profiles = profiles(self.book)

    def segment(self, account):
        """Of an account that owes or has a credit; any other is none now."""
        return self.profiles[account]["segment"] if account in self.profiles else "-"


# Accounts, on which segments rest. They are no KPI table, but published beside them.


def months_before(day, n):
    """The same day so many months ago, or the last one of a shorter month."""
    month = month_of(day)
    for _ in range(n):
        month = previous_month(month)
    return month.replace(day=min(day.day, month_end(month).day))


def profiles(book):
    """account → how it paid what fell due in the window before the as-of date, and its segment."""
    first = months_before(book.as_of, book.config["profile"]["window_months"])
    mine = collections.defaultdict(list)
    for item in book.items:
        mine[item.account].append(item)
    found = {}
    for account in set(mine) | set(book.credits):
        items, day = mine[account], book.as_of
        if open_at(items, day) == 0 and account not in book.credits:
            continue
        due = [i for i in items if first <= i.due and i.payable < day]
        paid = [i for i in due if i.open(day) == 0]
        on_time = [i for i in paid if i.changes[-1].day <= i.payable]
        row = {"open_items": sum(i.open(day) > 0 for i in items), "open_amount": open_at(items, day),
               "overdue_items": sum(i.open(day) > 0 and i.is_overdue(day) for i in items),
               "overdue_amount": overdue_at(items, day), "credit_amount": book.credits.get(account, ZERO),
               "items_due_in_window": len(due), "paid_on_time": len(on_time), "paid_late": len(paid) - len(on_time),
               "late_ratio": ratio(len(due) - len(on_time), len(due))}
        found[account] = row | {"segment": segment_of(book.config["segments"], row)}
    return found


def segment_of(rules, row):
    """The first rule that fits; a field without history fits none. The golden rules say < and >= only."""
    fields = {"items_due": row["items_due_in_window"], "late_ratio": row["late_ratio"]}
    for rule in rules:
        for field, test in rule.get("when", {}).items():
            sign, limit = test.split()
            value, limit = fields[field], Fraction(limit)
            if value is None or not (value < limit if sign == "<" else value >= limit):
                break
        else:
            return rule["name"]
    raise ValueError("no segment fits")


def debtors(desk):
    """One row per account with an open item or a credit, as far as figures rest on it."""
    for (company, debtor, currency), row in desk.profiles.items():
        yield {"company_id": company, "debtor_id": debtor, "currency": currency} | row


# What is owed.


@table("company_id", "currency", "segment", "bucket_no")
def kpi_aging(desk):
    """Open items by segment and bucket; credits in a row of their own, below zero."""
    book, cells = desk.book, collections.defaultdict(list)
    for item in book.open_items():
        no = book.bucket_no(item.days_past_due(book.as_of))
        cells[(*item.book, desk.segment(item.account), no)].append(item)
    for (company, currency, segment, no), items in cells.items():
        yield {"company_id": company, "currency": currency, "segment": segment, "bucket_no": no,
               "bucket": book.bucket_name(no), "items": len(items), "debtors": len({i.account for i in items}),
               "open_amount": sum(i.open(book.as_of) for i in items)}
    credits = collections.defaultdict(list)
    for account, amount in book.credits.items():
        credits[(account[0], account[2], desk.segment(account))].append(amount)
    for (company, currency, segment), amounts in credits.items():
        yield {"company_id": company, "currency": currency, "segment": segment, "bucket_no": -1, "bucket": "credits",
               "items": 0, "debtors": len(amounts), "open_amount": -sum(amounts)}


def is_covered(item, row):
    """Whether a dispute, placement or listing is about the item: of its invoice, else of all the debtor owes."""
    if row["invoice_id"] is not None:
        return item.invoice == row["invoice_id"] and row.get("installment_no") in (None, 0, item.no)
    return item.debtor == row["debtor_id"] and row.get("company_id") in (None, item.company)


def in_force(row, since, until, day):
    return row[since] is not None and row[since] <= day and (row[until] is None or row[until] > day)


def disputed(book, item):
    return any(in_force(r, "opened_on", "closed_on", book.as_of) and is_covered(item, r)
               for r in book.rows["disputes"])


def agency_of(book, item):
    """The agency that has the item at the as-of date; the newest placement, where there are two."""
    placed = [(r["placed_on"], r["agency_id"]) for r in book.rows["placements"]
              if in_force(r, "placed_on", "recalled_on", book.as_of) and is_covered(item, r)]
    return max(placed)[1] if placed else None


def listed(book, item):
    return any(in_force(r, "included_on", "removed_on", book.as_of) and is_covered(item, r)
               for r in book.rows["listings"])


@table("company_id", "currency")
def kpi_portfolio(desk):
    """open = current + overdue; delinquency rate = overdue ÷ open; days_past_due_avg = Σ open × days ÷ Σ open."""
    book, day = desk.book, desk.as_of
    # What protects: a promise that is kept before its day still does, one of nothing too, and one that names no company
    # over all that the debtor owes.
    pending = [p for p in promises_of(book, passes_over=False) if book.as_of <= p["end"]]
    for promise in pending:
        if not promise["is_named"] and promise["company"] is None:
            promise["items"] = [i for i in book.items if i.debtor == promise["account"][1]]
    kept = {i for a in agreements_of(book) if a["state"] == "active" for i in a["covered"]}
    for company, currency in book.books():
        items = [i for i in book.open_items() if i.book == (company, currency)]
        late = [i for i in items if i.is_overdue(day)]

        def owed(which, items=items):
            return sum((i.open(day) for i in items if which(i)), ZERO)

        total, overdue = owed(lambda i: True), owed(lambda i: i.is_overdue(day))
        credit = sum((a for (c, _, cur), a in book.credits.items() if (c, cur) == (company, currency)), ZERO)
        unknown = book.unidentified.get((company, currency), ZERO)
        if not items and not credit and not unknown:
            continue
        yield {"company_id": company, "currency": currency, "debtors": len({i.account for i in items}),
               "items": len(items), "open_amount": total, "current_amount": total - overdue,
               "overdue_amount": overdue,
               "overdue_debtors": len({i.account for i in late}),
               "overdue_30_amount": owed(lambda i: i.days_past_due(day) > 30),
               "overdue_60_amount": owed(lambda i: i.days_past_due(day) > 60),
               "overdue_90_amount": owed(lambda i: i.days_past_due(day) > 90),
               "delinquency_rate": ratio(overdue, total), "credit_amount": credit,
               "disputed_amount": owed(lambda i: disputed(book, i)),
               "promised_amount": owed(lambda i: any(i in p["items"] for p in pending)),
               "agreement_amount": owed(lambda i: i in kept),
               "agency_amount": owed(lambda i: agency_of(book, i) is not None),
               "listed_amount": owed(lambda i: listed(book, i)), "unidentified_amount": unknown,
               "days_past_due_avg": ratio(sum(i.open(day) * i.days_past_due(day) for i in late), overdue)}


@table("company_id", "currency", "part")
def kpi_concentration(desk):
    """The largest groups, and each tenth of all: decile = ⌈10 × rank ÷ groups⌉; open amount falling, then key."""
    book, day = desk.book, desk.as_of
    for company, currency in book.books():
        owed, late = collections.Counter(), collections.Counter()
        for item in book.open_items():
            if item.book == (company, currency):
                owed[book.group(item.debtor)] += item.open(day)
                late[book.group(item.debtor)] += item.open(day) if item.is_overdue(day) else 0
        groups = sorted(owed, key=lambda g: (-owed[g], g))
        parts = {f"top{n}": groups[:n] for n in (1, 5, 10, 20) if groups}
        for rank, group in enumerate(groups, 1):
            parts.setdefault(f"decile_{-(-10 * rank // len(groups)):02d}", []).append(group)
        for part, members in parts.items():
            owes, is_late = sum(owed[g] for g in members), sum(late[g] for g in members)
            yield {"company_id": company, "currency": currency, "part": part, "groups": len(members),
                   "open_amount": owes, "open_share": ratio(owes, sum(owed.values())),
                   "overdue_amount": is_late, "overdue_share": ratio(is_late, sum(late.values()))}


# How fast, how well.


def items_of(book, key):
    return [i for i in book.items if i.book == key]


def open_at(items, day):
    return sum((i.open(day) for i in items), ZERO)


def overdue_at(items, day):
    return sum((i.open(day) for i in items if i.is_overdue(day)), ZERO)


def net_sales(items, after, to):
    """Billed less credited in (after, to]."""
    return (sum((i.amount for i in items if after < i.issued <= to), ZERO)
            - sum((i.applied_in(after, to, ("credited",)) for i in items), ZERO))


def sales_days(book, items, day):
    return min(book.kpis["sales_days"], (day - min(i.issued for i in items)).days + 1)


def dso(book, items, day, amount):
    """amount ÷ net sales of the last days × these days; nothing without net sales."""
    sales = net_sales(items, day - days(book.kpis["sales_days"]), day)
    return ratio(amount * sales_days(book, items, day), sales) if sales > 0 else None


def countback(items, day):
    """Month by month back: while more is open than the net sales of the month, take them off and add its days."""
    rest, total, month, last = open_at(items, day), Fraction(0), month_of(day), day
    first = min(i.issued for i in items)
    while month >= month_of(first):
        sales, length = net_sales(items, month - days(1), last), (last - month).days + 1
        if rest <= sales:                # never longer than there are invoices, as with the sales days
            return min(total + (ratio(rest, sales) * length if sales else 0), (day - first).days + 1)
        rest -= sales
        total += length
        month = previous_month(month)
        last = month_end(month)
    return None


@table("company_id", "currency")
def kpi_dso(desk):
    """Open ÷ net sales × days; the best possible of what is not overdue; countback by whole months."""
    book, day = desk.book, desk.as_of
    for key in book.books():
        items = items_of(book, key)
        credit = sum((a for (c, _, cur), a in book.credits.items() if (c, cur) == key), ZERO)
        if not items:
            yield {"company_id": key[0], "currency": key[1], "open_amount": ZERO, "current_amount": ZERO,
                   "credit_amount": credit}
            continue
        owed = open_at(items, day)
        current = owed - overdue_at(items, day)
        whole, best = dso(book, items, day, owed), dso(book, items, day, current)
        yield {"company_id": key[0], "currency": key[1], "open_amount": owed, "current_amount": current,
               "credit_amount": credit,
               "sales_amount": net_sales(items, day - days(book.kpis["sales_days"]), day),
               "sales_days": sales_days(book, items, day), "dso_days": whole, "best_possible_dso_days": best,
               "delinquent_days": None if whole is None else whole - best,
               "countback_dso_days": countback(items, day)}


@table("company_id", "currency", "month")
def kpi_collection_effectiveness(desk):
    """opening + billed − collected − credited − written off = closing, month by month; CEI of the CRF."""
    book = desk.book
    for key in book.books():
        items = items_of(book, key)
        month = month_of(book.as_of)
        for _ in range(book.kpis["months"]):
            if items and month >= month_of(min(i.issued for i in items)):
                yield {"company_id": key[0], "currency": key[1]} | effectiveness(book, items, month)
            month = previous_month(month)


def effectiveness(book, items, month):
    before, last = month - days(1), min(month_end(month), book.as_of)
    opening, closing = open_at(items, before), open_at(items, last)
    billed = sum((i.amount for i in items if month <= i.issued <= last), ZERO)
    collected, credited, written_off = (sum((i.applied_in(before, last, (f,)) for i in items), ZERO)
                                        for f in FAMILIES)
    assert opening + billed - collected - credited - written_off == closing
    late = overdue_at(items, last)
    base = opening + billed - credited - (closing - late)
    paid = [(i, c) for i in items for c in i.paid_for_good() if before < c.day <= last]
    total = sum(c.amount for _, c in paid)
    return {"month": month, "is_partial": book.as_of < month_end(month), "opening_amount": opening,
            "billed_amount": billed, "collected_amount": collected, "credited_amount": credited,
            "written_off_amount": written_off, "closing_amount": closing, "closing_overdue_amount": late,
            "cei": ratio((collected + written_off) * 100, base) if base > 0 else None,
            "cei_cash": ratio(collected * 100, base) if base > 0 else None,
            "delinquency_rate": ratio(late, closing), "dso_days": dso(book, items, last, closing),
            "best_possible_dso_days": dso(book, items, last, closing - late),
            "days_to_pay_avg": ratio(sum(c.amount * max((c.day - i.issued).days, 0) for i, c in paid), total),
            "days_late_avg": ratio(sum(c.amount * max((c.day - i.payable).days, 0) for i, c in paid), total)}


@table("company_id", "currency", "issue_month", "days_after_due")
def kpi_vintage(desk):
    """Of what was billed in a month and is old enough, what was paid k days after it was payable."""
    book = desk.book
    months = [month_of(book.as_of)]
    while len(months) < 25:
        months.append(previous_month(months[-1]))
    for key in book.books():
        for month in months:
            items = [i for i in items_of(book, key) if month_of(i.issued) == month]
            if not items:
                continue
            for k in (0, 30, 60, 90, 180):
                old = [i for i in items if i.payable + days(k) <= book.as_of]
                paid, credited, off = (sum((i.applied(i.payable + days(k), (f,)) for i in old), ZERO)
                                       for f in FAMILIES)
                matured = sum((i.amount for i in old), ZERO)
                yield {"company_id": key[0], "currency": key[1], "issue_month": month, "days_after_due": k,
                       "billed_amount": sum(i.amount for i in items), "matured_amount": matured,
                       "paid_amount": paid, "credited_amount": credited, "written_off_amount": off,
                       "paid_rate": ratio(paid, matured), "is_complete": len(old) == len(items)}


# Where it goes.


@table("company_id", "currency", "from_state", "to_state")
def kpi_roll_rates(desk):
    """Where the money of each bucket of thirty days ago is now."""
    book, now = desk.book, desk.as_of
    then = now - days(book.kpis["roll_days"])
    flows, items = collections.Counter(), collections.Counter()
    for item in book.items:
        moves = item_moves(book, item, then, now)
        for (source, target), amount in moves.items():
            flows[(*item.book, source, target)] += amount
        for source in {s for s, _ in moves}:
            # Each item once per state it came from: where most of it went.
            # Of two halves the one that stays open counts.
            most = max((t for s, t in moves if s == source), key=lambda t: (moves[(source, t)], t not in FAMILIES))
            items[(*item.book, source, most)] += 1
    for (company, currency, source, target), amount in flows.items():
        whole = sum(a for (c, cur, s, _), a in flows.items() if (c, cur, s) == (company, currency, source))
        yield {"company_id": company, "currency": currency, "from_date": then, "from_state": source,
               "to_state": target, "amount": amount, "items": items[(company, currency, source, target)],
               "rate": ratio(amount, whole)}


def item_moves(book, item, then, now):
    """(from, to) → amount: a reduction was written off first, then credited, the rest paid; a rise is reopened."""
    is_new = item.issued > then
    base, still = (item.amount if is_new else item.open(then)), item.open(now)
    source = "new" if is_new else book.bucket_name(book.bucket_no(item.days_past_due(then)))
    target = book.bucket_name(book.bucket_no(item.days_past_due(now)))
    since = item.issued - days(1) if is_new else then
    gone, moves = max(base - still, ZERO), {}
    for family in ("written_off", "credited"):
        part = clamp(item.applied_in(since, now, (family,)), ZERO, gone)
        moves[(source, family)] = part
        gone -= part
    moves[(source, "paid")] = gone
    moves[(source, target)] = min(base, still)
    moves[("reopened", target)] = max(still - base, ZERO)
    return {k: v for k, v in moves.items() if v > 0}


@table("company_id", "currency")
def kpi_cures(desk):
    """Accounts that were overdue a period ago and are not now; cured before, and overdue again."""
    book, now = desk.book, desk.as_of
    once, twice = now - days(book.kpis["roll_days"]), now - days(2 * book.kpis["roll_days"])
    for key in book.books():
        late = {day: {i.account for i in items_of(book, key) if i.open(day) > 0 and i.is_overdue(day)}
                for day in (now, once, twice)}
        cured, cured_before = late[once] - late[now], late[twice] - late[once]
        again = cured_before & late[now]
        if not items_of(book, key):
            continue
        yield {"company_id": key[0], "currency": key[1], "from_date": once, "accounts_overdue_before": len(late[once]),
               "accounts_cured": len(cured), "cure_rate": ratio(len(cured), len(late[once])),
               "accounts_cured_before": len(cured_before), "accounts_redefaulted": len(again),
               "redefault_rate": ratio(len(again), len(cured_before))}


@table("company_id", "currency", "bucket_no")
def kpi_ecl(desk):
    """loss_rate = lost ÷ reached of a cohort that has had its time; expected loss = open × rate × factor."""
    book, day, window = desk.book, desk.as_of, days(desk.book.kpis["loss_days"])
    for key in book.books():
        items = items_of(book, key)
        cohort = [i for i in items if day - 2 * window < i.payable <= day - window]
        for no in range(len(book.edges) + 1):
            owed = sum((i.open(day) for i in items if book.bucket_no(i.days_past_due(day)) == no), ZERO)
            lost, reached = cohort_loss(book, cohort, no, window)
            is_later = no > 0 and book.bucket_begins(no) > window.days
            rate = Fraction(1) if is_later else ratio(lost, reached)
            factor = book.kpis["forward_looking_by_bucket"].get(book.bucket_name(no), book.kpis["forward_looking"])
            loss = None if rate is None else min(owed, cents(Fraction(owed) * rate * Fraction(str(factor))))
            if items:
                yield {"company_id": key[0], "currency": key[1], "bucket_no": no, "bucket": book.bucket_name(no),
                       "open_amount": owed, "reached_amount": reached, "lost_amount": lost,
                       "cohort_from": min((i.payable for i in cohort), default=None), "loss_rate": rate,
                       "forward_factor": factor, "expected_loss_amount": loss}


def cohort_loss(book, cohort, no, window):
    """What was lost of the cohort, and what was still open when the bucket began."""
    lost = reached = ZERO
    for item in cohort:
        credited = item.applied(book.as_of, ("credited",))
        base = item.amount - credited

        def paid_by(end, item=item, base=base):
            return clamp(sum((c.amount for c in item.paid_for_good() if c.day <= end), ZERO), ZERO, base)

        unpaid = base - paid_by(item.payable + window)
        lost += unpaid
        if no == 0:
            reached += base
            continue
        # A bucket is entered by the calendar; one that begins after the window has what was lost by then.
        entered = max(item.due + days(book.bucket_begins(no) - 1), item.payable)
        reached += base - paid_by(min(entered, item.payable + window))
    return lost, reached


# Promises and agreements.


def grace(book, day):
    """The last day on which a promise or an instalment of that day is kept: business days after it was payable."""
    days_of_grace = book.config["dunning"].get("promise_grace_days", 0)
    return book.calendar.business_days_after(book.calendar.payable_on(day), days_of_grace)


def due_on(items, day, by):
    return sum((i.open(day) for i in items if i.due <= by), ZERO)


def promise_account(book, row):
    """The invoice's account, else the debtor's account with the most due when it was made."""
    if row["invoice_id"] in book.by_invoice:
        return book.by_invoice[row["invoice_id"]][0].account
    mine = collections.defaultdict(list)
    for item in book.items:
        if item.debtor == row["debtor_id"] and row["company_id"] in (None, item.company):
            mine[item.account].append(item)
    return max(sorted(mine), key=lambda a: due_on(mine[a], row["promised_on"] - days(1), row["pay_by"]), default=None)


def promises_of(book, passes_over=True):
    """Each promise with its account, what it promised, what was paid of it in time, and its state."""
    for row in book.rows["promises"]:
        account = promise_account(book, row) if row["promised_on"] <= book.as_of else None
        if account is None or row["amount"] == 0:
            continue
        scope = [i for i in book.items if i.account == account]
        if row["invoice_id"] is not None:
            scope = [i for i in scope if i.invoice == row["invoice_id"]]
        due = scope if row["invoice_id"] is not None else [i for i in scope if i.due <= row["pay_by"]]
        promised = row["amount"]
        if promised is None:
            promised = open_at(due, row["promised_on"] - days(1))    # the evening before: that day's cash counts
        if promised == 0 and passes_over:                # nothing promised
            continue
        end = grace(book, row["pay_by"])
        paid, best = paid_on(scope, row["promised_on"] - days(1), min(end, book.as_of))
        paid = promised if best is not None and best >= promised else paid
        state = "kept" if paid >= promised else "pending" if book.as_of <= end else "broken"
        yield {"id": row["promise_id"], "account": account, "items": scope, "due": due, "promised": promised,
               "paid": clamp(paid, ZERO, promised), "state": state, "pay_by": row["pay_by"],
               "made": row["promised_on"], "end": end, "company": row["company_id"],
               "is_named": row["invoice_id"] is not None}


def paid_on(items, after, to):
    """`paid` changes in (after, to], without what a later chargeback takes back by name; and a refund that names nothing
    counts against a promise that is not kept, whenever it comes, and never against a kept one."""
    best = sum((c.amount for i in items for c in i.paid_for_good(by_name_only=True) if after < c.day <= to), ZERO)
    return sum((c.amount for i in items for c in i.paid_for_good() if after < c.day <= to), ZERO), best


def judged_promises(book):
    """Those of the window that are kept or broken; kept ones also before their day."""
    first = book.as_of - days(book.kpis["promise_window_days"])
    return [p for p in promises_of(book) if p["state"] != "pending" and p["pay_by"] > first]


@table("company_id", "currency")
def kpi_promises(desk):
    """kept_rate = kept ÷ (kept + broken); kept_amount = Σ min(paid, promised)."""
    book = desk.book
    pending = [p for p in promises_of(book) if p["state"] == "pending"]
    judged = judged_promises(book)
    for key in sorted({(p["account"][0], p["account"][2]) for p in pending + judged}):
        waits, ends = ([p for p in ps if (p["account"][0], p["account"][2]) == key] for ps in (pending, judged))
        kept = [p for p in ends if p["state"] == "kept"]
        promised, paid = sum((p["promised"] for p in ends), ZERO), sum((p["paid"] for p in ends), ZERO)
        yield {"company_id": key[0], "currency": key[1], "pending": len(waits),
               "pending_amount": sum((p["promised"] for p in waits), ZERO), "kept": len(kept),
               "broken": len(ends) - len(kept), "kept_rate": ratio(len(kept), len(ends)),
               "promised_amount": promised, "kept_amount": paid, "kept_amount_rate": ratio(paid, promised)}


def agreements_of(book):
    """Each agreement with its state, its unpaid part, and the items that it covers."""
    rows = collections.defaultdict(list)
    for row in book.rows["agreements"]:
        # What is dated later does not exist.
        if row["agreed_on"] is None or row["agreed_on"] <= book.as_of:
            rows[row["agreement_id"]].append(row)
    for number, parts in sorted(rows.items()):
        parts.sort(key=lambda r: r["due_date"])
        covered = [i for r in book.rows["agreement_items"] if r["agreement_id"] == number
                   for i in book.by_invoice.get(r["invoice_id"], []) if r["installment_no"] in (None, 0, i.no)]
        if not covered:                  # what it covers is not billed yet
            continue
        paid = [r for r in parts if r["paid_on"] and r["paid_on"] <= book.as_of]
        unpaid = [r for r in parts if r not in paid]
        gone = parts[0]["cancelled_on"]
        gone = gone if gone and gone <= book.as_of else None
        known = paid + paid_by_ledger(parts, covered, book.as_of)
        late = [r for r in unpaid if r not in known and grace(book, r["due_date"]) < (gone or book.as_of)]
        state = "broken" if late else "fulfilled" if not unpaid else "cancelled" if gone else "active"
        yield {"number": number, "state": state, "covered": covered, "parts": parts,
               "to_come": [r for r in unpaid if r not in known],
               "company": covered[0].company, "currency": parts[0]["currency"] or book.defaults["currency"],
               "unpaid_amount": sum((r["amount"] for r in unpaid), ZERO),
               "amount": sum(r["amount"] for r in parts), "is_first_late": parts[0] in late,
               "is_first_due": parts[0] in known or parts[0] in late, "some_paid": bool(known)}


def paid_by_ledger(parts, covered, as_of):
    """Instalments that the payments on the covered items fill in order, since the agreement was made."""
    since = parts[0]["agreed_on"] or parts[0]["due_date"]
    rest = sum((i.applied_in(since - days(1), as_of, ("paid",)) for i in covered), ZERO)
    found = []
    for part in parts:
        rest -= part["amount"]
        if rest < 0:
            break
        found.append(part)
    return found


@table("company_id", "currency")
def kpi_agreements(desk):
    """Agreements by state; broken: an instalment unpaid after its day and grace, and before it was cancelled."""
    found = list(agreements_of(desk.book))
    for key in sorted({(a["company"], a["currency"]) for a in found}):
        mine = [a for a in found if (a["company"], a["currency"]) == key]
        row = {"company_id": key[0], "currency": key[1]}
        for state in ("active", "fulfilled", "broken", "cancelled"):
            such = [a for a in mine if a["state"] == state]
            part = "amount" if state == "fulfilled" else "unpaid_amount"
            row |= {state: len(such), f"{state}_amount": sum((a[part] for a in such), ZERO)}
        yield row | {"first_due": sum(a["is_first_due"] for a in mine),
                     "first_payment_defaults": sum(a["is_first_late"] for a in mine),
                     "redefaults": sum(a["state"] == "broken" and a["some_paid"] for a in mine)}


# Contacts.


ANSWERS = {"replied", "answered", "disputed", "promised"}
READ = ANSWERS | {"read"}
ARRIVED = READ | {"delivered", "wrong_party", "complained", "opted_out"}
IN_VAIN = {"bounced", "failed", "ignored"}


def local_day(moment):
    """The day in São Paulo, which has had no summer time since 2019."""
    return (moment.astimezone(dt.timezone.utc) - dt.timedelta(hours=3)).date()


class Contact:
    """One outbound message or call: all events of one action, or one event alone; or a published action on which
    nobody has reported, which may have arrived."""

    def __init__(self, desk, events, action):
        events.sort(key=lambda e: (e["occurred_at"], e["event_id"]))

        def told(name, otherwise=None):
            return next((e[name] for e in events if e[name] is not None), action.get(otherwise or name))

        self.id = events[0]["action_id"] or events[0]["event_id"] if events else action["action_id"]
        self.debtor, self.channel = told("debtor_id"), told("channel")
        # It is of the day on which it went out, and not of that on which it was queued.
        out = [e["occurred_at"] for e in events if e["status"] != "queued"] or [e["occurred_at"] for e in events]
        self.day = local_day(out[0]) if events else action["as_of_date"]
        self.at = str(out[0]) if events else ""
        self.queued_on = local_day(events[0]["occurred_at"]) if events else self.day
        self.statuses = {e["status"] for e in events}
        self.company, self.invoice, self.regua, self.step = map(told, ("company_id", "invoice_id", "regua", "step_id"))
        self.agent = next((e["agent_id"] for e in events if e["agent_id"]), None)
        self.agency = next((e["agency_id"] for e in events if e["agency_id"]), None)
        self.template, self.segment = action.get("template_id"), action.get("segment")
        # Of the events of one contact the largest counts; what is queued is no event yet.
        costs = [(e["cost"], e["cost_currency"]) for e in events
                 if e["cost"] is not None and e["status"] != "queued"]
        self.cost, self.cost_currency = max(costs, default=(None, None), key=lambda c: c[0])
        self.book = desk.book
        self.accounts = accounts_of(desk.book, self, action)

    @property
    def counts(self):
        """It arrived, or may have."""
        return not self.statuses & IN_VAIN and self.statuses != {"queued"}

    def cost_in(self, account):
        """What it cost counts once, with the first of its accounts; in another currency at the rate that somebody
        quotes, else it is unknown. The inverse of a rate is another rate, and nobody quoted it."""
        if self.cost is None or account != self.accounts[0]:
            return None
        if self.cost_currency in (None, account[2]):
            return Fraction(self.cost)
        rate = self.book.fx_rate(self.cost_currency, account[2])
        return Fraction(self.cost) * Fraction(rate) if rate else "unknown"


def accounts_of(book, contact, action):
    """The account of its action, else of the invoice that it names, else every account of the debtor."""
    if action:
        return [(action["company_id"], action["debtor_id"], action["currency"])]
    if contact.invoice in book.by_invoice:
        return [book.by_invoice[contact.invoice][0].account]
    return sorted({i.account for i in book.items if i.debtor == contact.debtor
                   and contact.company in (None, i.company)})


def contacts_of(desk):
    """Outbound messages and calls by the as-of date: of the log, and what earlier runs published."""
    if desk.contacts is not None:
        return desk.contacts
    events, actions = collections.defaultdict(list), published_actions(desk)
    for row in desk.book.rows["contact_log"]:
        if (local_day(row["occurred_at"]) <= desk.as_of and row["direction"] != "inbound"
                and row["channel"] != "instruction"):
            events[row["action_id"] or row["event_id"]].append(row)
    found = [Contact(desk, rows, actions.get(number, {})) for number, rows in events.items()]
    found += [Contact(desk, [], action) for number, action in actions.items()
              if number not in events and action["channel"] != "instruction"]
    desk.contacts = found
    return found


def cost_of(pairs):
    """Σ of the costs that the log knows; nothing where it knows none, or one in another currency."""
    costs = [c.cost_in(account) for c, account in pairs]
    costs = [c for c in costs if c is not None]
    return None if not costs or "unknown" in costs else sum(costs)


def published_actions(desk):
    """action_id → the action, of the runs before."""
    return {row["action_id"]: row for date in desk.published.dates() if date < desk.as_of
            for row in desk.published.run("actions", date)}


@table("company_id", "currency", "regua", "step_id", "channel", "template_id", "segment")
def kpi_recovery(desk):
    """What was paid within the recovery days of a contact; a payment belongs to the newest contact alone."""
    book, n = desk.book, desk.book.kpis["recovery_days"]
    cells = collections.defaultdict(list)
    by_account = collections.defaultdict(list)
    for contact in contacts_of(desk):
        for account in contact.accounts:
            by_account[account].append(contact)
            cells[(account[0], account[2], contact.regua or "-", contact.step or "-", contact.channel,
                   contact.template or "-", contact.segment or desk.segment(account))].append((contact, account))
    owned = {account: recovered_by(book, account, contacts, n) for account, contacts in by_account.items()}
    newest = book.as_of - days(n)
    oldest = newest - days(book.kpis["recovery_window_days"])
    for key, pairs in cells.items():
        old = [(c, a) for c, a in pairs if oldest < c.day <= newest]
        young = [(c, a) for c, a in pairs if c.day > newest]
        if old or young:
            yield (dict(zip(TABLES["kpi_recovery"][0], key)) | {"maturing_contacts": sum(c.counts for c, _ in young)}
                   | recovery_of(book, old, owned, n))


def recovered_by(book, account, contacts, n):
    """contact → [(amount, days since)]: each payment of the account goes to the youngest contact within n days."""
    owned = collections.defaultdict(list)
    counted = [c for c in contacts if c.counts]
    for item in book.items:
        if item.account != account:
            continue
        for paid in item.paid_for_good():
            before = [c for c in counted if c.day <= paid.day <= c.day + days(n)]
            if before:
                contact = max(before, key=lambda c: (c.day, c.at, c.id))
                if item.issued < contact.day and item.due <= contact.day + days(n):
                    owned[contact.id].append((paid.amount, (paid.day - contact.day).days))
    return owned


def recovery_of(book, pairs, owned, n):
    good = [(c, a) for c, a in pairs if c.counts]
    asked = sum((i.open(c.day - days(1)) for c, a in good for i in book.items
                 if i.account == a and i.due <= c.day + days(n)), ZERO)
    paid = [p for c, a in good for p in owned[a][c.id]]
    recovered = sum((amount for amount, _ in paid), ZERO)
    cost = cents(cost_of(pairs))

    def how_many(statuses):
        return sum(bool(c.statuses & statuses) for c, _ in good)

    return {"contacts": len(good), "debtors": len({c.debtor for c, _ in good}), "delivered": how_many(ARRIVED),
            "read": how_many(READ), "answered": how_many(ANSWERS),
            "bounced": sum("bounced" in c.statuses for c, _ in pairs),
            "opted_out": how_many({"opted_out"}), "complained": how_many({"complained"}),
            "contacted_amount": asked, "recovered_amount": recovered, "recovery_rate": ratio(recovered, asked),
            "days_to_cash_avg": ratio(sum(a * d for a, d in paid), recovered), "cost_amount": cost,
            "cost_per_recovered": ratio(cost, recovered)}


@table("company_id", "currency", "segment", "channel")
def kpi_channels(desk):
    """answered ÷ contacts that arrived or may have, in the window of the profile, whether or not they still owe."""
    book, cells, inbound = desk.book, collections.defaultdict(list), collections.defaultdict(set)
    first = months_before(book.as_of, book.config["profile"]["window_months"])
    for contact in contacts_of(desk):
        # What nobody has reported on tells nothing of how debtors answer.
        if contact.day > first and contact.statuses:
            for account in {i.account for i in book.items if i.debtor == contact.debtor}:
                cells[(account[0], account[2], desk.segment(account), contact.channel)].append((contact, account))
    replied = set()
    # Whoever wrote in was contacted, and answered the last contact.
    for row in book.rows["contact_log"]:
        if row["direction"] == "inbound" and first < local_day(row["occurred_at"]) <= book.as_of:
            before = [c for c in contacts_of(desk) if c.debtor == row["debtor_id"] and c.counts
                      and c.channel == row["channel"] and c.statuses and c.at <= str(row["occurred_at"])]
            replied |= {max(before, key=lambda c: c.at).id} if before else set()
            for account in {i.account for i in book.items if i.debtor == row["debtor_id"]}:
                inbound[(account[0], account[2], desk.segment(account), row["channel"])].add(account)
    for key in set(cells) | set(inbound):
        pairs = cells[key]
        good = [c for c, _ in pairs if c.counts]
        answered = sum(bool(c.statuses & ANSWERS) or c.id in replied for c in good)
        yield dict(zip(TABLES["kpi_channels"][0], key)) | {
            "accounts": len({a for _, a in pairs} | inbound[key]), "contacts": len(good), "answered": answered,
            "bounced": sum("bounced" in c.statuses for c, _ in pairs), "answer_rate": ratio(answered, len(good))}


@table("company_id", "currency", "channel", "contacts")
def kpi_contact_pressure(desk):
    """How many debtors with an open item had 0, 1, 2 ... contacts in the last seven days."""
    book = desk.book
    # What is queued may arrive, and caps count it since then.
    recent = [c for c in contacts_of(desk)
              if (c.counts or c.statuses == {"queued"}) and c.queued_on > book.as_of - days(7)]
    for key in book.books():
        owing = {i.debtor for i in book.open_items() if i.book == key}
        channels = sorted({c.channel for c in recent if c.debtor in owing})
        for channel in ["*"] + channels:
            had = collections.Counter(c.debtor for c in recent if channel in ("*", c.channel))
            for n, debtors in collections.Counter(had[d] for d in owing).items():
                yield {"company_id": key[0], "currency": key[1], "channel": channel, "contacts": n,
                       "debtors": debtors}


def owner_of(book, item):
    """The agency that it is placed with, else its collector, else its debtor's, else nobody."""
    agency = agency_of(book, item)
    if agency:
        return ("agency", agency)
    collector = item.collector or book.debtors.get(item.debtor, {}).get("collector_id")
    return ("collector", collector) if collector else ("none", "-")


def promise_owner(book, promise, owners, since):
    """Whose promise it is: of the items that it names and that were open then; where it names none, of those of the
    account that are open, or paid of late. Of several owners one counts: agencies first, then by name."""
    def is_left(item):
        return item.open(book.as_of) > 0 or max((c.day for c in item.changes), default=since) > since

    left = [i for i in promise["items"] if is_left(i)]
    # Where nothing is left of the invoice, whoever has anything of the account, else the debtor.
    left = left or [i for i in book.items if i.account == promise["account"] and is_left(i)]
    collector = book.debtors[promise["account"][1]]["collector_id"]
    return min((owners[i] for i in left), default=("collector", collector) if collector else ("none", "-"))


@table("company_id", "currency", "owner_kind", "owner_id")
def kpi_collectors(desk):
    """What each owner has, what was paid on it in the last thirty days, and what they did."""
    book, day = desk.book, desk.as_of
    since = day - days(30)
    owners = {item: owner_of(book, item) for item in book.items}
    cells = collections.defaultdict(lambda: collections.defaultdict(list))
    for item in book.items:
        key = (*item.book, *owners[item])
        if item.open(day) > 0:
            cells[key]["items"].append(item)
        # By the day of the payment, also where the item was billed later.
        for change in item.changes:
            if change.family == "paid" and since < change.paid_on <= day:
                cells[key]["paid"].append(change.amount)
    for promise in judged_promises(book):
        owner = promise_owner(book, promise, owners, min(since, day - days(book.kpis.get("promise_window_days", 90))))
        cells[(promise["account"][0], promise["account"][2], *owner)]["promises"].append(promise)
    for contact in contacts_of(desk):
        if since < contact.day and contact.counts:
            for owner in (("agency", contact.agency), ("collector", contact.agent)):
                for account in contact.accounts if owner[1] else ():
                    cells[(account[0], account[2], *owner)]["contacts"].append((contact, account))
    for action in desk.published.run("actions"):
        if action["channel"] == "phone":
            cited = {(a["invoice_id"], a["installment_no"], action["debtor_id"]) for a in action["items"]}
            owner = min(owners[i] for i in book.items if (i.invoice, i.no, i.debtor) in cited)
            cells[(action["company_id"], action["currency"], *owner)]["tasks"].append(action)
    for key, cell in cells.items():
        yield dict(zip(TABLES["kpi_collectors"][0], key)) | collector_row(cell, day)


def collector_row(cell, day):
    good = [c for c, _ in cell["contacts"]]
    answered = sum(bool(c.statuses & ANSWERS) for c in good)
    kept = sum(p["state"] == "kept" for p in cell["promises"])
    return {"debtors": len({i.debtor for i in cell["items"]}), "items": len(cell["items"]),
            "open_amount": open_at(cell["items"], day), "overdue_amount": overdue_at(cell["items"], day),
            "collected_amount": sum(cell["paid"], ZERO), "tasks": len(cell["tasks"]), "contacts": len(good),
            "answered": answered, "answered_rate": ratio(answered, len(good)), "promises_kept": kept,
            "promises_broken": len(cell["promises"]) - kept, "kept_rate": ratio(kept, len(cell["promises"])),
            "cost_amount": cents(cost_of(cell["contacts"]))}


# The forecast.


YOUNGEST, OLDEST = -13, 52


def age(item, day):
    """Weeks past due, floored: −1 is the week before the due date."""
    return item.days_past_due(day) // 7


def roll_off(book, items):
    """age → (paid, left otherwise) as shares of what was open, over the last 26 weeks; what was taken back later was not
    paid."""
    owed, paid, left = collections.Counter(), collections.Counter(), collections.Counter()
    for week in range(1, 27):
        end = book.as_of - days(7 * week)
        for item in items:
            w = age(item, end)
            if item.issued > end or not YOUNGEST <= w <= OLDEST or item.open(end) == 0:
                continue
            owed[w] += item.open(end)
            paid[w] += sum((c.amount for c in item.paid_for_good() if end < c.day <= end + days(7)), ZERO)
            left[w] += item.applied_in(end, end + days(7), ("credited", "written_off"))
    return {w: (ratio(max(paid[w], ZERO), owed[w]), ratio(max(left[w], ZERO), owed[w])) for w in owed if owed[w]}


@table("company_id", "currency", "week_no", "source")
def kpi_cash_forecast(desk):
    """open × Π(1 − p − x) × p in each of thirteen weeks; promises × kept rate by amount, agreements by instalment."""
    book, weeks = desk.book, desk.book.kpis["forecast_weeks"]
    active = [a for a in agreements_of(book) if a["state"] == "active"]
    covered = {i for a in active for i in a["covered"]}
    rest = {i: i.open(book.as_of) for i in book.open_items() if i not in covered}
    promised = take_promises(book, rest)
    for key in book.books():
        due, expected = collections.Counter(), {}
        forecast_promises(book, key, promised, due, expected)
        forecast_agreements(book, key, active, due, expected)
        forecast_items(book, key, rest, due, expected)
        for week, source in sorted(set(due) | set(expected)):
            coming = expected.get((week, source), Fraction(0))
            coming = None if coming is None else cents(coming)
            if week <= weeks and (due[(week, source)] or coming != ZERO):
                yield {"company_id": key[0], "currency": key[1], "week_no": week,
                       "week_from": book.as_of + days(7 * week - 6), "week_to": book.as_of + days(7 * week),
                       "source": source, "due_amount": due[(week, source)] or ZERO, "expected_amount": coming,
                       "model_amount": None, "model_low_amount": None, "model_high_amount": None,
                       "model_coverage": None}


def week_of(book, day):
    """The week in which a day falls; what is past comes in the first."""
    return max((day - book.as_of).days - 1, 0) // 7 + 1


def take_promises(book, rest):
    """What each pending promise takes off the items of its account: first what any of them names, the oldest first."""
    taken = []
    pending = [p for p in promises_of(book) if p["state"] == "pending"]
    named = {i for p in pending for i in p["items"]}
    for promise in sorted(pending, key=lambda p: (p["pay_by"], p["id"])):
        still, took = promise["promised"] - promise["paid"], ZERO
        mine = [i for i in rest if i.account == promise["account"]]
        for item in sorted(mine, key=lambda i: (i not in named, i.due, i.invoice, i.no)):
            part = min(still - took, rest[item])
            rest[item] -= part
            took += part
        taken.append((promise, took))
    return taken


def forecast_items(book, key, rest, due, expected):
    items = items_of(book, key)
    if not items:
        return
    rates = roll_off(book, items)
    is_known = min(i.issued for i in items) <= book.as_of - days(56)
    for item, amount in rest.items():
        if item.book != key or not amount:
            continue
        source = "overdue" if item.is_overdue(book.as_of) else "not_due"
        if source == "not_due":
            due[(week_of(book, item.due), source)] += amount
        left = Fraction(amount)
        for h in range(1, book.kpis["forecast_weeks"] + 1):
            paid, otherwise = rates.get(age(item, book.as_of) + h - 1, (Fraction(0), Fraction(0)))
            expected[(h, source)] = expected.get((h, source), Fraction(0)) + left * paid if is_known else None
            left *= 1 - paid - otherwise


def forecast_promises(book, key, promised, due, expected):
    judged = [p for p in judged_promises(book) if (p["account"][0], p["account"][2]) == key]
    rate = ratio(sum(p["paid"] for p in judged), sum(p["promised"] for p in judged))
    for promise, amount in promised:
        if (promise["account"][0], promise["account"][2]) == key:
            week = (week_of(book, promise["pay_by"]), "promise")
            due[week] += amount
            expected[week] = None if rate is None else Fraction(due[week]) * rate


def forecast_agreements(book, key, active, due, expected):
    mine = [a for a in agreements_of(book) if (a["company"], a["currency"]) == key]
    rate = ratio(sum(a["is_first_late"] for a in mine), sum(a["is_first_due"] for a in mine))
    for agreement in active:
        for part in agreement["to_come"] if (agreement["company"], agreement["currency"]) == key else ():
            week = (week_of(book, part["due_date"]), "agreement")
            due[week] += part["amount"]
            expected[week] = None if rate is None else Fraction(due[week]) * (1 - rate)


# Listings, and how groups pay: of everybody, and by arm of an experiment.


@table("company_id", "currency", "kind", "bureau")
def kpi_listings(desk):
    """What is listed or protested, and what must be removed within five business days of full payment."""
    book, cells = desk.book, collections.defaultdict(list)
    for row in book.rows["listings"]:
        if in_force(row, "included_on", "removed_on", book.as_of):
            items = [i for i in book.by_invoice.get(row["invoice_id"], []) if is_covered(i, row)]
            currency = items[0].currency if items else book.defaults["currency"]
            company = items[0].company if items else row["company_id"] or book.defaults["company"]
            cells[(company, currency, row["kind"], row["bureau"])].append((row, items))
    for key, rows in cells.items():
        paid = [(r, items) for r, items in rows if items and all(i.open(book.as_of) == 0 for i in items)]
        asked = [(r, items) for r, items in paid if r["removal_requested_on"]
                 and r["removal_requested_on"] <= book.as_of]
        late = [(book.as_of - deadline(book, items)).days for r, items in paid if r["kind"] == "negativacao"]
        late = [d for d in late if d > 0]
        named = {i for _, items in rows for i in items}
        yield dict(zip(TABLES["kpi_listings"][0], key)) | {
            "listings": len(rows), "items": len(named) + sum(not items for _, items in rows),
            "listed_amount": sum((i.amount for i in named), ZERO),
            "paid_while_listed": len(paid), "removals_due": len(paid) - len(asked), "removals_overdue": len(late),
            "overdue_days_max": max(late, default=0), "unknown_items": sum(not items for _, items in rows)}


def deadline(book, items):
    """Súmula 548: five business days from full payment."""
    return book.calendar.business_days_after(max(i.changes[-1].day for i in items), 5)


@table("company_id", "currency", "experiment", "arm")
def kpi_experiments(desk):
    """R = ΣY ÷ ΣX over groups; var = G ÷ (G − 1) × Σ(Y − R X)² ÷ (ΣX)²; the difference to the champion ± t s."""
    book = desk.book
    members = desk.published.run("experiment_members")
    for experiment in book.config["experiments"]:
        begin = dt.date.fromisoformat(experiment["starts_on"])
        last = dt.date.fromisoformat(experiment["ends_on"]) if "ends_on" in experiment else None
        until = min(last or book.as_of, book.as_of)
        arms = {m["debtor_id"]: m["arm"] for m in members if m["experiment"] == experiment["id"]}
        put_to = put_to_of(desk, begin, until)
        for key in book.books():
            rows = {a["name"]: rates_of(book, [i for i in items_of(book, key) if arms.get(i.debtor) == a["name"]],
                                        begin, until, put_to) for a in experiment["arms"]}
            champion = rows[experiment["arms"][0]["name"]]
            for arm in experiment["arms"]:
                row = rows[arm["name"]]
                if row:
                    yield {"company_id": key[0], "currency": key[1], "experiment": experiment["id"], "arm": arm["name"],
                           "is_champion": row is champion, "starts_on": begin, "ends_on": last,
                           "share": arm["share"]} | public(row, champion)


@table("company_id", "currency", "seen", "part")
def kpi_model(desk):
    """No model is used here: nothing was told."""
    return iter(())


@table("company_id", "currency", "days")
def kpi_group_rates(desk):
    """The same of everybody, of the last days."""
    book = desk.book
    for key in book.books():
        for length in (30, 60, 90, 180):
            row = rates_of(book, items_of(book, key), book.as_of - days(length - 1), book.as_of, None)
            if row:
                yield {"company_id": key[0], "currency": key[1], "days": length} | public(row, None)


def put_to_of(desk, begin, until):
    """What groups were put to: their contacts, and who disputed, opted out, complained or bounced."""
    book = desk.book
    window = book.as_of - days(book.kpis["recovery_days"] + book.kpis["recovery_window_days"])
    found = [c for c in contacts_of(desk) if begin <= c.day <= until and c.day > window]

    def groups(status):
        return {book.group(c.debtor) for c in found if status in c.statuses}

    disputing = {book.group(r["debtor_id"]) for r in book.rows["disputes"] if begin <= r["opened_on"] <= until}
    return {"contacts": collections.Counter(book.group(c.debtor) for c in found if c.counts),
            "disputing_groups": disputing, "opted_out_groups": groups("opted_out"),
            "complaining_groups": groups("complained"), "bounced_groups": groups("bounced")}


def rates_of(book, items, begin, until, put_to):
    """Groups with their X (what they should have paid from the first to the last day) and Y (what they did pay of it); and
    with their U and V, the same of as many days before. Variances are of groups as clusters."""
    pieces = asked_and_paid(items, begin, until)
    owed, paid = by_group(book, pieces)
    if not owed:
        return None
    earlier = begin - (until - begin) - days(1)
    asked_before, paid_before = by_group(book, asked_and_paid(items, earlier, begin - days(1)))
    asked_before, paid_before = ({g: sums[g] for g in owed} for sums in (asked_before, paid_before))
    one = [(owed[g], paid[g]) for g in owed]
    before = [(asked_before[g], paid_before[g]) for g in owed]
    x, u = sum(owed.values()), sum(asked_before.values())
    rate, rate_before = ratio(sum(paid[g] for g in owed), x), ratio(sum(paid_before.values()), u)
    row = {"groups": len(owed), "items": len(pieces), "collectable_amount": x,
           "collected_amount": sum((paid[g] for g in owed), ZERO), "collection_rate": rate, "var": covariance(one, one),
           "item_var": covariance(*[[(a, b) for _, a, b in pieces]] * 2),
           "items_per_group": Fraction(sum(Fraction(a) ** 2 for a in owed.values()),
                                       sum(Fraction(a) ** 2 for _, a, _ in pieces)),
           "effective_groups": effective(owed),
           "before_collectable_amount": u, "before_collected_amount": sum(paid_before.values(), ZERO),
           "before_collection_rate": rate_before, "before_var": covariance(before, before),
           "covariance": covariance(one, before)}
    if put_to is not None:
        row["before_effective_groups"] = effective(asked_before)
        contacts = [put_to["contacts"][g] for g in owed]
        mean, n = Fraction(sum(contacts), len(owed)), len(owed)
        row |= {"contacts": sum(contacts), "contacted_groups": sum(c > 0 for c in contacts),
                "contacts_var": None if n < 2 else sum((c - mean) ** 2 for c in contacts) / (n * (n - 1))}
        row |= {name: sum(g in groups for g in owed) for name, groups in put_to.items() if name != "contacts"}
    return row


def asked_and_paid(items, begin, until):
    """Of each item the debtor, what was open when it began or billed since, less credits; and what of it was paid."""
    pieces = []
    for item in items:
        if item.due > until or item.issued > until:
            continue
        base = (item.amount if item.issued >= begin else item.open(begin - days(1)))
        base -= item.applied_in(begin - days(1), until, ("credited",))
        if base > 0:
            since = item.applied_in(begin - days(1), until, ("paid",))
            pieces.append((item.debtor, base, clamp(since, ZERO, base)))
    return pieces


def by_group(book, pieces):
    owed, paid = collections.Counter(), collections.Counter()
    for debtor, base, since in pieces:
        owed[book.group(debtor)] += base
        paid[book.group(debtor)] += since
    return owed, paid


def effective(sums):
    """How many groups of one size tell as much: (Σx)² ÷ Σx²."""
    squares = sum(Fraction(a) ** 2 for a in sums.values())
    return Fraction(sum(sums.values())) ** 2 / squares if squares else None


def covariance(ones, others):
    """Of two ratios of sums over the same clusters: G ÷ (G − 1) × Σ(Y − R X)(V − Q U) ÷ (ΣX × ΣU)."""
    n, sums = len(ones), [sum((Fraction(a) for a, _ in pairs), Fraction(0)) for pairs in (ones, others)]
    if n < 2 or not all(sums):
        return None
    rates = [sum(Fraction(b) for _, b in pairs) / whole for pairs, whole in zip((ones, others), sums)]
    products = sum((Fraction(b) - rates[0] * Fraction(a)) * (Fraction(d) - rates[1] * Fraction(c))
                   for (a, b), (c, d) in zip(ones, others))
    return Fraction(n, n - 1) * products / (sums[0] * sums[1])


ERRORS = {"var": "standard_error", "item_var": "item_standard_error", "before_var": "before_standard_error",
          "contacts_var": "contacts_error"}


def public(row, champion):
    shown_row = {k: v for k, v in row.items() if k not in ERRORS}
    shown_row |= {name: None if row[var] is None else float(row[var]) ** 0.5 for var, name in ERRORS.items() if var in row}
    if row is champion or champion is None:
        return shown_row
    difference = row["collection_rate"] - champion["collection_rate"]
    shown_row["difference"] = difference
    if min(row["effective_groups"], champion["effective_groups"]) >= 30:
        freedom = float(min(row["effective_groups"], champion["effective_groups"])) - 2
        student = 1.96 + 2.372384 / freedom + 2.822707328 / freedom ** 2 + 2.55610979484672 / freedom ** 3
        wide = student * float(row["var"] + champion["var"]) ** 0.5
        shown_row |= {"difference_low": float(difference) - wide, "difference_high": float(difference) + wide}
    return shown_row


# What the run decided: grouped from its actions, decisions and accounts.


@table("company_id", "currency", "regua", "step_id", "channel")
def kpi_actions(desk):
    """The actions of the run, grouped."""
    cells = collections.defaultdict(list)
    for action in desk.published.run("actions"):
        cells[tuple(action[k] for k in TABLES["kpi_actions"][0])].append(action)
    for key, actions in cells.items():
        yield dict(zip(TABLES["kpi_actions"][0], key)) | {
            "step_kind": actions[0]["step_kind"], "actions": len(actions),
            "debtors": len({a["debtor_id"] for a in actions}),
            "open_amount": sum(a["open_amount"] for a in actions)}


@table("company_id", "currency", "reason", "regua", "step_id")
def kpi_holds(desk):
    """The decisions of the run that hold, grouped."""
    cells = collections.defaultdict(list)
    for row in desk.published.run("decisions"):
        if row["outcome"] == "hold":
            cells[(row["company_id"], row["currency"], row["reason"], row["regua"], row["step_id"] or "-")].append(row)
    for key, rows in cells.items():
        yield dict(zip(TABLES["kpi_holds"][0], key)) | {
            "debtors": len({r["debtor_id"] for r in rows}), "open_amount": sum(r["open_amount"] for r in rows)}


@table("company_id", "currency", "from_segment", "to_segment")
def kpi_segment_moves(desk):
    """Accounts by segment in the newest published position before, and now."""
    earlier = [d for d in desk.published.dates() if d < desk.as_of]
    if not earlier:
        return
    before = {(r["company_id"], r["debtor_id"], r["currency"]): r["segment"]
              for r in desk.published.run("debtors", earlier[-1])} if earlier else {}
    cells = collections.defaultdict(list)
    for account in set(before) | set(desk.profiles):
        cells[(account[0], account[2], before.get(account, "-"), desk.segment(account))].append(account)
    for key, accounts in cells.items():
        items = [i for i in desk.book.open_items() if i.account in accounts]
        yield dict(zip(TABLES["kpi_segment_moves"][0], key)) | {
            "accounts": len(accounts), "open_amount": open_at(items, desk.as_of),
            "overdue_amount": overdue_at(items, desk.as_of)}


# Comparing.


FLOATS = 1e-9


def is_same(ours, theirs):
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if isinstance(theirs, float):
        return abs(float(ours) - theirs) <= FLOATS * max(1.0, abs(theirs))
    return ours == theirs


def shown(value):
    return f"{float(value):.12g}" if isinstance(value, (Fraction, float)) else str(value)


def compare(desk, name):
    """Every row and every column, in both directions. Returns the figures compared and the differences."""
    key, function = TABLES[name]
    return differences(desk, name, key, function(desk) or (), desk.published.kpi(name))


def compare_accounts(desk):
    """Of the accounts only the columns that figures rest on."""
    rows = list(debtors(desk))
    columns = ["as_of_date", *rows[0]]
    theirs = [{c: r[c] for c in columns} for r in desk.published.run("debtors")]
    return differences(desk, "debtors", ("company_id", "debtor_id", "currency"), rows, theirs)


def own_value(desk, key, row, column):
    if column == "reporting_currency":
        return desk.book.kpis.get("reporting_currency", desk.book.defaults["currency"])
    if column == "basis":
        return "ledger"
    return desk.book.fx_rate(key[1]) if column == "fx_rate" else row.get(column)


def differences(desk, name, key, rows, published):
    ours = {}
    for row in rows:
        row = {"as_of_date": desk.as_of} | row
        ours[tuple(row[k] for k in key)] = row
    theirs = {tuple(row[k] for k in key): row for row in published}
    figures = wrong = 0
    for k in sorted(set(ours) | set(theirs), key=str):
        label = " ".join(map(str, k))
        if k not in ours or k not in theirs:
            wrong += 1
            side, row = ("theirs", theirs[k]) if k in theirs else ("ours", ours[k])
            print(f"{name} [{label}] row only in {side}: " + ", ".join(f"{c} {shown(v)}" for c, v in row.items()
                                                                      if c not in key))
            continue
        for column, value in theirs[k].items():
            own = own_value(desk, k, ours[k], column)
            figures += 1
            if not is_same(own, value):
                wrong += 1
                print(f"{name} [{label}] {column}: theirs {shown(value)}, ours {shown(own)}")
        for column in set(ours[k]) - set(theirs[k]):
            wrong += 1
            print(f"{name} [{label}] {column}: a column that they lack, ours {shown(ours[k][column])}")
    return figures, wrong


def main():
    inputs, output, as_of = sys.argv[1], sys.argv[2], dt.date.fromisoformat(sys.argv[3])
    desk = Desk(inputs, output, as_of)
    names = [a for a in sys.argv[4:] if not a.startswith("--")] or list(TABLES)
    results = {name: compare(desk, name) for name in names}
    if names == list(TABLES):
        results = {"debtors": compare_accounts(desk)} | results
    print(f"{as_of}: " + ", ".join(f"{n.removeprefix('kpi_')} {f}" + (f" ({w} differ)" if w else "")
                                   for n, (f, w) in results.items()))
    published = {p.name for p in (pathlib.Path(output) / "kpi").iterdir()}
    for name in sorted(published - set(TABLES)):
        print(f"{name}: published, and not worked out here")
    sys.exit(1 if any(w for _, w in results.values()) else 0)


if __name__ == "__main__":
    main()
