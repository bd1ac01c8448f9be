-- Purpose: what is applied to an invoice is what was paid to its own company on it, and no company's credit is another's.
-- Grain: none; one row per finding
-- Reads: int_items, int_payment_parts, int_credits, int_accounts
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: audit
with
    applied as (
        select debtor_id, company_id, invoice_id, currency, sum(applied_amount) as amount
        from int_items
        where applied_amount <> 0
        group by debtor_id, company_id, invoice_id, currency
    ),
    paid as (
        select debtor_id, company_id, invoice_id, currency, sum(effect_amount) as amount
        from int_payment_parts
        where invoice_id is not null
        group by debtor_id, company_id, invoice_id, currency
    ),
    beyond as (
        select
            applied.invoice_id as subject,
            greatest(coalesce(paid.amount, 0), 0) as expected,
            applied.amount as actual
        from applied
        left join paid
            on applied.debtor_id = paid.debtor_id
            and applied.company_id = paid.company_id
            and applied.invoice_id = paid.invoice_id
            and applied.currency = paid.currency
        where applied.amount > greatest(coalesce(paid.amount, 0), 0)
    ),
    shared as (
        select debtor_id, currency, sum(credit_amount) as amount
        from int_credits
        where company_id is null
        group by debtor_id, currency
    ),
    credited as (
        select
            accounts.debtor_id as subject,
            coalesce(own.credit_amount, 0)
                + case when accounts.account_rank = 1 then coalesce(shared.amount, 0) else 0 end as expected,
            accounts.credit_amount as actual
        from int_accounts as accounts
        left join (select * from int_credits where company_id is not null) as own
            on accounts.debtor_id = own.debtor_id
            and accounts.company_id = own.company_id
            and accounts.currency = own.currency
        left join shared
            on accounts.debtor_id = shared.debtor_id
            and accounts.currency = shared.currency
    ),
    findings as (
        select
            subject,
            concat('at most ', cast(expected as varchar)) as expected,
            cast(actual as varchar) as actual,
            cast(actual - expected as varchar) as difference
        from beyond
        union all
        select subject, cast(expected as varchar), cast(actual as varchar), cast(actual - expected as varchar)
        from credited
        where actual <> expected
    )
select * from findings
