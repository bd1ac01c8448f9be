-- Purpose: the accounts that come into question: debtor, company and currency with an open item, or without one but
--   paid while listed or placed with an agency, or with an arrears episode that has just ended.
-- Grain: debtor_id, company_id, currency
-- Reads: int_items_aged, int_credits, int_listing_items, int_placement_items, int_ended_episodes
-- Units: amounts in units of currency
-- Nulls: oldest_due_date and first_invoice_id are null where nothing is open
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
    ),
    owed_duties as (
        select group_key, debtor_id, company_id, currency, issue_date
        from int_listing_items
        where done_on is not null
        union all
        select group_key, debtor_id, company_id, currency, issue_date
        from int_placement_items
        where done_on is not null
        union all
        select group_key, debtor_id, company_id, currency, episode_start from int_ended_episodes
    ),
    settled as (
        select
            min(group_key) as group_key,
            debtor_id,
            company_id,
            currency,
            cast(0 as bigint) as open_items,
            cast(null as date) as oldest_due_date,
            min(issue_date) as first_issue_date,
            cast(null as varchar) as first_invoice_id,
            false as promise_broken,
            false as agreement_broken,
            cast(0 as bigint) as account_rank,
            cast(0 as decimal(18, 2)) as credit_amount
        from owed_duties
        left anti join credited
            on owed_duties.debtor_id = credited.debtor_id
            and owed_duties.company_id = credited.company_id
            and owed_duties.currency = credited.currency
        group by debtor_id, company_id, currency
    ),
    accounts as (
        select * from credited
        union all select * from settled
    )
select * from accounts
