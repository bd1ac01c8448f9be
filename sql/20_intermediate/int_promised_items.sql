-- Purpose: how much of each open item is promised: of an account that has promised something, the oldest items are, up to what is
--   left of the promises; those that a promise names come first. What is in a kept agreement is promised to nobody else.
-- Grain: item_key
-- Reads: int_items_aged, int_promise_outcomes
-- Units: promised_amount in units of currency, above zero
-- Nulls: none; most items have no row
-- Kind: table
with
    promised as (
        select debtor_id, company_id, currency, sum(left_amount) as promised_amount
        from int_promise_outcomes
        where left_amount > 0
        group by debtor_id, company_id, currency
    ),
    promising as (
        select
            items.item_key,
            items.in_kept_agreement,
            items.open_amount,
            promised.promised_amount,
            sum(case when not items.in_kept_agreement then items.open_amount else 0 end) over (
                partition by items.debtor_id, items.company_id, items.currency
                order by items.promise_pending desc, items.due_date, items.invoice_id, items.installment_no
                rows between unbounded preceding and current row
            ) as open_so_far
        from int_items_aged as items
        inner join promised
            on items.debtor_id = promised.debtor_id
            and items.company_id = promised.company_id
            and items.currency = promised.currency
    ),
    split as (
        select
            item_key,
            least(greatest(promised_amount - (open_so_far - open_amount), 0), open_amount) as promised_amount
        from promising
        where not in_kept_agreement
    )
select item_key, promised_amount from split where promised_amount > 0
