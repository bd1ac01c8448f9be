-- Purpose: the accounts that come into question: debtor, company and currency with an open item or a credit, or without
--   but paid while listed or placed with an agency, or with an arrears episode that has just ended; and one of every
--   debtor that is held and has no other.
-- Grain: debtor_id, company_id, currency
-- Reads: int_open_accounts, int_credits, int_listing_items, int_placement_items, int_ended_episodes, raw_held_debtors, raw_accounts
-- Units: amounts in units of currency; credit_amount adds up over the accounts of a debtor, shared_credit_amount is the
--   same on all of them
-- Nulls: dates and first_invoice_id are null where nothing is open; account_key where no invoice or payment is of it
-- Kind: table
with
    credits as (select * from int_credits where credit_amount > 0),
    own_credits as (select * from credits where company_id is not null),
    shared_credits as (select * from credits where company_id is null),
    owing as (
        select
            group_key, debtor_id, company_id, currency, open_items, oldest_due_date, oldest_payable_on, first_issue_date,
            first_invoice_id, promise_broken, agreement_broken
        from int_open_accounts
    ),
    owed_to as (
        -- Nothing need be open: something is owed to the debtor, or to be told.
        select group_key, debtor_id, company_id, currency, issue_date
        from int_listing_items
        where done_on is not null or is_unknown
        union all
        select group_key, debtor_id, company_id, currency, issue_date
        from int_placement_items
        where done_on is not null or is_unknown
        union all
        select group_key, debtor_id, company_id, currency, episode_start from int_ended_episodes
        union all
        select group_key, debtor_id, company_id, currency, cast(null as date) from own_credits
    ),
    settled as (
        select
            min(group_key) as group_key,
            debtor_id,
            company_id,
            currency,
            cast(0 as bigint) as open_items,
            cast(null as date) as oldest_due_date,
            cast(null as date) as oldest_payable_on,
            min(issue_date) as first_issue_date,
            cast(null as varchar) as first_invoice_id,
            false as promise_broken,
            false as agreement_broken
        from owed_to
        left anti join owing
            on owed_to.debtor_id = owing.debtor_id
            and owed_to.company_id = owing.company_id
            and owed_to.currency = owing.currency
        group by debtor_id, company_id, currency
    ),
    known as (
        select * from owing
        union all select * from settled
    ),
    only_shared as (
        select shared_credits.group_key, shared_credits.debtor_id, shared_credits.currency
        from shared_credits
        left anti join known
            on shared_credits.debtor_id = known.debtor_id
            and shared_credits.currency = known.currency
    ),
    only_held as (
        select min(held.group_key) as group_key, held.debtor_id, @default_currency as currency
        from raw_held_debtors as held
        left anti join known on held.debtor_id = known.debtor_id
        left anti join shared_credits on held.debtor_id = shared_credits.debtor_id
        group by held.debtor_id
    ),
    accounts as (
        select * from known
        union all
        select
            group_key,
            debtor_id,
            @default_company,
            currency,
            cast(0 as bigint),
            cast(null as date),
            cast(null as date),
            cast(null as date),
            cast(null as varchar),
            false,
            false
        from (
            select * from only_shared
            union all select * from only_held
        )
    ),
    ranked as (
        select
            *,
            row_number() over (
                partition by debtor_id, currency
                order by oldest_due_date asc nulls last, company_id
            ) as account_rank
        from accounts
    ),
    credited as (
        -- What names no company may cover any account; it is counted once, at the account with the oldest open item.
        select
            ranked.*,
            names.account_key,
            cast(
                coalesce(own_credits.credit_amount, 0)
                + case when ranked.account_rank = 1 then coalesce(shared_credits.credit_amount, 0) else 0 end
                as decimal(18, 2)
            ) as credit_amount,
            coalesce(shared_credits.credit_amount, cast(0 as decimal(18, 2))) as shared_credit_amount
        from ranked
        left join raw_accounts as names
            on ranked.debtor_id = names.debtor_id
            and ranked.company_id = names.company_id
            and ranked.currency = names.currency
        left join own_credits
            on ranked.debtor_id = own_credits.debtor_id
            and ranked.company_id = own_credits.company_id
            and ranked.currency = own_credits.currency
        left join shared_credits
            on ranked.debtor_id = shared_credits.debtor_id
            and ranked.currency = shared_credits.currency
    )
select * from credited
