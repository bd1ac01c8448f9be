"""Works out every KPI table from the inputs by plain loops, and compares it with what was published.

    figures.py INPUT_DIR OUTPUT_DIR AS_OF

One line for each difference; 1 as exit code where there is any.
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
        self.accounts = {(r["company_id"], r["debtor_id"], r["currency"]): r for r in self.published.run("debtors")}

    def segment(self, account):
        row = self.accounts.get(account)
        return row["segment"] if row else "-"


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
    pending = [p for p in promises_of(book) if p["state"] == "pending"]
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
        # The first month begins with its first invoice, as the sales days of kpi_dso do.
        sales, length = net_sales(items, month - days(1), last), (last - max(month, first)).days + 1
        if rest <= sales:
            return total + (ratio(rest, sales) * length if sales else 0)
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
    ours = {}
    for row in function(desk) or ():
        row = {"as_of_date": desk.as_of} | row
        ours[tuple(row[k] for k in key)] = row
    theirs = {tuple(row[k] for k in key): row for row in desk.published.kpi(name)}
    figures = wrong = 0
    for k in sorted(set(ours) | set(theirs), key=str):
        label = " ".join(map(str, k))
        if k not in ours or k not in theirs:
            wrong += 1
            side, row = ("theirs", theirs[k]) if k in theirs else ("ours", ours[k])
            print(f"{name} [{label}] row only in {side}: {[shown(v) for v in row.values()]}")
            continue
        for column, value in theirs[k].items():
            if column == "reporting_currency":
                own = desk.book.kpis.get("reporting_currency", desk.book.defaults["currency"])
            elif column == "fx_rate":
                own = desk.book.fx_rate(k[1])
            else:
                own = ours[k].get(column)
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
    names = sys.argv[4:] or list(TABLES)
    results = {name: compare(desk, name) for name in names}
    print(f"{as_of}: " + ", ".join(f"{n.removeprefix('kpi_')} {f}" + (f" ({w} differ)" if w else "")
                                   for n, (f, w) in results.items()))
    published = {p.name for p in (pathlib.Path(output) / "kpi").iterdir()}
    for name in sorted(published - set(TABLES)):
        print(f"{name}: published, and not worked out here")
    sys.exit(1 if any(w for _, w in results.values()) else 0)


def promises_of(book):
    return []


def agreements_of(book):
    return []


if __name__ == "__main__":
    main()
