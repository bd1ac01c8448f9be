-- Purpose: the placements of all that a debtor owes, which are about what was late when they were placed or became so since:
--   the account in whose name each is recalled, and since when all of it is paid or disputed.
-- Grain: debtor_id, actor_id, placement_id
-- Reads: stg_placements, int_placed_items
-- Units: dates
-- Nulls: done_on null = something is still owed and undisputed; without anything late there is no row
-- Kind: table
with
    placements as (select * from stg_placements where invoice_id is null),
    late as (select * from int_placed_items where is_late),
    accounts as (
        -- Many placements ask the same of an account.
        select
            debtor_id,
            company_id,
            currency,
            min(case when settled_on is null then due_date end) as oldest_open_on,
            count(case when settled_on is null then 1 end) as open_items,
            count(case when settled_on is null and disputed_on is null then 1 end) as undisputed_items,
            max(case when settled_on is null then disputed_on end) as disputed_on,
            max(settled_on) as settled_on
        from late
        group by debtor_id, company_id, currency
    ),
    settled_days as (
        select debtor_id, company_id, currency, settled_on, min(due_date) as due_date
        from late
        where settled_on is not null
        group by debtor_id, company_id, currency, settled_on
    ),
    asked as (select distinct debtor_id, placed_on from placements),
    oldest_settled as (
        select
            asked.debtor_id,
            asked.placed_on,
            settled_days.company_id,
            settled_days.currency,
            min(settled_days.due_date) as due_date
        from asked
        inner join settled_days
            on asked.debtor_id = settled_days.debtor_id
            and settled_days.settled_on > asked.placed_on
        group by asked.debtor_id, asked.placed_on, settled_days.company_id, settled_days.currency
    ),
    covered as (
        select
            placements.debtor_id,
            placements.actor_id,
            placements.placement_id,
            placements.agency_id,
            placements.placed_on,
            accounts.company_id,
            accounts.currency,
            accounts.open_items,
            accounts.undisputed_items,
            least(accounts.oldest_open_on, oldest_settled.due_date) as oldest_due_date,
            greatest(
                accounts.disputed_on,
                case when accounts.settled_on > placements.placed_on then accounts.settled_on end
            ) as last_done_on
        from placements
        inner join accounts on placements.debtor_id = accounts.debtor_id
        left join oldest_settled
            on placements.debtor_id = oldest_settled.debtor_id
            and placements.placed_on = oldest_settled.placed_on
            and accounts.company_id = oldest_settled.company_id
            and accounts.currency = oldest_settled.currency
        where coalesce(placements.company_id = accounts.company_id, true)
            and (accounts.open_items > 0 or accounts.settled_on > placements.placed_on)
    ),
    stated as (
        -- It is recalled once, in the name of the account with the oldest item.
        select
            debtor_id,
            actor_id,
            placement_id,
            min(agency_id) as agency_id,
            min(placed_on) as placed_on,
            first_value(company_id order by oldest_due_date, company_id, currency) as company_id,
            first_value(currency order by oldest_due_date, company_id, currency) as currency,
            case when sum(undisputed_items) = 0 then max(last_done_on) end as done_on,
            sum(open_items) = 0 as is_paid
        from covered
        group by debtor_id, actor_id, placement_id
    )
select * from stated
