-- Purpose: the accounts that come into question: debtor, company and currency with an open item.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items_aged, int_credits
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    items as (select * from int_items_aged),
    credits as (select * from int_credits),
    grouped as (
        select
            min(group_key) as group_key,
            debtor_id,
            company_id,
            currency,
            count(*) as open_items,
            min(due_date) as oldest_due_date,
            min(issue_date) as first_issue_date,
            min(invoice_id) as first_invoice_id,
            bool_or(promise_broken) as promise_broken,
            bool_or(agreement_broken) as agreement_broken
        from items
        group by debtor_id, company_id, currency
    ),
    ranked as (
        -- A credit names no company: it belongs to the account with the debtor's oldest open item.
        select
            *,
            row_number() over (
                partition by debtor_id, currency
                order by oldest_due_date, company_id
            ) as account_rank
        from grouped
    ),
    credited as (
        select
            ranked.*,
            cast(case when account_rank = 1 then coalesce(credits.credit_amount, 0) else 0 end as decimal(18, 2)) as credit_amount
        from ranked
        left join credits
            on ranked.debtor_id = credits.debtor_id
            and ranked.currency = credits.currency
    )
select * from credited
