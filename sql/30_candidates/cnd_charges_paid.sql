-- Purpose: what was paid on fine and interest in the present episode, by invoice where it names one: what was paid
--   before it was for what was late then. What was paid on a late invoice beyond what it asked for was paid on them too: a
--   bank tells of one payment, whatever is in it.
-- Grain: debtor_id, company_id, currency, invoice_id
-- Reads: int_charge_payments, stg_invoices, int_accounts, int_episodes, cnd_late_payments, int_payment_parts, int_items
-- Units: paid_amount in units of currency, above zero
-- Nulls: invoice_id null = names no invoice, and counts for the account of its company, or with the debtor's oldest open item
-- Kind: table
with
    invoices as (select distinct debtor_id, company_id, invoice_id, currency from stg_invoices),
    accounts as (select debtor_id, company_id, currency, account_rank from int_accounts),
    episodes as (select * from int_episodes),
    kept as (select * from int_charge_payments),
    of_invoices as (
        select kept.debtor_id, invoices.company_id, invoices.currency, kept.invoice_id, kept.amount
        from kept
        inner join invoices
            on kept.debtor_id = invoices.debtor_id
            and kept.company_id = invoices.company_id
            and kept.invoice_id = invoices.invoice_id
            and kept.currency = invoices.currency
        inner join episodes
            on invoices.debtor_id = episodes.debtor_id
            and invoices.company_id = episodes.company_id
            and invoices.currency = episodes.currency
        where kept.paid_on >= episodes.episode_start
    ),
    of_accounts as (
        select kept.debtor_id, accounts.company_id, kept.currency, cast(null as varchar) as invoice_id, kept.amount
        from kept
        inner join accounts
            on kept.debtor_id = accounts.debtor_id
            and kept.currency = accounts.currency
            and coalesce(kept.company_id = accounts.company_id, accounts.account_rank = 1)
        inner join episodes
            on accounts.debtor_id = episodes.debtor_id
            and accounts.company_id = episodes.company_id
            and accounts.currency = episodes.currency
        where kept.invoice_id is null and kept.paid_on >= episodes.episode_start
    ),
    late_invoices as (
        select distinct invoices.invoice_key
        from stg_invoices as invoices
        left semi join cnd_late_payments as late
            on invoices.debtor_id = late.debtor_id
            and invoices.company_id = late.company_id
            and invoices.currency = late.currency
            and invoices.invoice_id = late.invoice_id
    ),
    posted as (
        select parts.invoice_key, sum(parts.effect_amount) as effect_amount
        from int_payment_parts as parts
        left semi join late_invoices on parts.invoice_key = late_invoices.invoice_key
        group by parts.invoice_key
    ),
    applied as (
        select items.debtor_id, items.company_id, items.currency, items.invoice_id, items.invoice_key, sum(items.applied_amount) as applied_amount
        from int_items as items
        left semi join late_invoices on items.invoice_key = late_invoices.invoice_key
        group by items.debtor_id, items.company_id, items.currency, items.invoice_id, items.invoice_key
    ),
    overpaid as (
        select
            applied.debtor_id,
            applied.company_id,
            applied.currency,
            applied.invoice_id,
            posted.effect_amount - applied.applied_amount as amount
        from applied
        inner join posted on applied.invoice_key = posted.invoice_key
        where posted.effect_amount > applied.applied_amount
    ),
    paid as (
        select * from of_invoices
        union all select * from of_accounts
        union all select * from overpaid
    ),
    summed as (
        select debtor_id, company_id, currency, invoice_id, cast(sum(amount) as decimal(18, 2)) as paid_amount
        from paid
        group by debtor_id, company_id, currency, invoice_id
    )
select * from summed
order by debtor_id, company_id, currency, invoice_id
