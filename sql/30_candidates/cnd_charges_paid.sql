-- Purpose: what was paid on fine and interest in the present episode, by invoice where it names one: what was paid
--   before it was for what was late then.
-- Grain: debtor_id, company_id, currency, invoice_id
-- Reads: stg_payments, stg_invoices, int_accounts, int_episodes
-- Units: paid_amount in units of currency, above zero
-- Nulls: invoice_id null = names no invoice, and counts for the account of its company, or with the debtor's oldest open item
-- Kind: table
with
    payments as (select * from stg_payments),
    invoices as (select distinct debtor_id, company_id, invoice_id, currency from stg_invoices),
    accounts as (select debtor_id, company_id, currency, account_rank from int_accounts),
    episodes as (select * from int_episodes),
    charge_payments as (select * from payments where kind = 'charges' and reverses is null),
    reversals as (
        -- A reversal of a reversal puts back.
        select debtor_id, root_id as payment_id, sum(case when takes_back then abs(amount) else -abs(amount) end) as taken_amount
        from payments
        where reverses is not null
        group by debtor_id, root_id
    ),
    originals as (
        select payments.debtor_id, payments.payment_id, sum(payments.amount) as amount
        from payments
        left semi join reversals
            on payments.debtor_id = reversals.debtor_id
            and payments.payment_id = reversals.payment_id
        where payments.reverses is null
        group by payments.debtor_id, payments.payment_id
    ),
    taken_back as (
        -- A payment that was taken back whole paid no charges; one taken back in part did, in the debtor's favour.
        select originals.debtor_id, originals.payment_id
        from originals
        inner join reversals
            on originals.debtor_id = reversals.debtor_id
            and originals.payment_id = reversals.payment_id
        where reversals.taken_amount >= originals.amount
    ),
    kept as (
        select charge_payments.*
        from charge_payments
        left anti join taken_back
            on charge_payments.debtor_id = taken_back.debtor_id
            and charge_payments.payment_id = taken_back.payment_id
    ),
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
    paid as (
        select * from of_invoices
        union all select * from of_accounts
    ),
    summed as (
        select debtor_id, company_id, currency, invoice_id, cast(sum(amount) as decimal(18, 2)) as paid_amount
        from paid
        group by debtor_id, company_id, currency, invoice_id
    )
select * from summed
order by debtor_id, company_id, currency, invoice_id
