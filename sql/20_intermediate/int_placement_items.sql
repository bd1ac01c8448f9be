-- Purpose: what each placement with an agency is about, and since when all of it is paid or disputed. Of one of all that a
--   debtor owes the last settled items are named, a hundred at most, and one of them while it is not done.
-- Grain: debtor_id, actor_id, placement_id, invoice_id, installment_no
-- Reads: stg_placements, int_placed_items, int_placements_of_all, int_settled_items, raw_held_debtors
-- Units: amounts in units of currency
-- Nulls: done_on null = something is still owed and undisputed, or not in the snapshot (is_unknown)
-- Kind: table
with
    placements as (select * from stg_placements),
    unread as (select distinct debtor_id from raw_held_debtors where by_invoices),
    settled as (
        select debtor_id, invoice_id, max(settled_on) as settled_on
        from int_settled_items
        group by debtor_id, invoice_id
    ),
    items as (select * from int_placed_items),
    of_all as (select * from int_placements_of_all),
    named as (
        select
            placements.actor_id,
            placements.placement_id,
            placements.agency_id,
            placements.placed_on,
            items.*,
            false as is_unknown
        from placements
        inner join items
            on placements.debtor_id = items.debtor_id
            and placements.company_id = items.company_id
            and placements.invoice_id = items.invoice_id
    ),
    known as (
        select debtor_id, actor_id, placement_id from named
        union all select debtor_id, actor_id, placement_id from of_all
    ),
    unknown as (
        -- Of an export of open items, what is gone was settled; of an export of all, nobody knows.
        select
            placements.actor_id,
            placements.placement_id,
            placements.agency_id,
            placements.placed_on,
            placements.group_key,
            placements.debtor_id,
            coalesce(placements.company_id, @default_company) as company_id,
            @default_currency as currency,
            coalesce(placements.invoice_id, '-') as invoice_id,
            cast(1 as bigint) as installment_no,
            placements.placed_on as issue_date,
            placements.placed_on as due_date,
            placements.placed_on as payable_on,
            cast(0 as decimal(18, 2)) as original_amount,
            cast(0 as decimal(18, 2)) as open_amount,
            -- Of a debtor with an invoice that cannot be read it may be this one.
            case
                when @scope_open = 1 and unread.debtor_id is null then coalesce(settled.settled_on, @as_of)
            end as settled_on,
            cast(null as date) as disputed_on,
            false as is_late,
            true as is_unknown
        from placements
        left join unread on placements.debtor_id = unread.debtor_id
        left join settled on placements.debtor_id = settled.debtor_id and placements.invoice_id = settled.invoice_id
        left anti join known
            on placements.debtor_id = known.debtor_id
            and placements.actor_id = known.actor_id
            and placements.placement_id = known.placement_id
        -- One of all that is owed has nothing to name while nothing of it is late.
        where placements.invoice_id is not null or @scope_open = 1
    ),
    by_name as (
        select * from named
        union all select * from unknown
    ),
    ends as (
        select
            debtor_id,
            actor_id,
            placement_id,
            case
                when count(coalesce(settled_on, disputed_on)) = count(*) then max(coalesce(settled_on, disputed_on))
            end as done_on,
            count(settled_on) = count(*) as is_paid
        from by_name
        group by debtor_id, actor_id, placement_id
    ),
    of_account as (
        select debtor_id, company_id, currency, count(*) as placements
        from of_all
        group by debtor_id, company_id, currency
    ),
    ranked as (
        select
            *,
            row_number() over (
                partition by debtor_id, company_id, currency
                order by settled_on desc nulls first, due_date, invoice_id, installment_no
            ) as item_rank
        from items
        where is_late
    ),
    last_settled as (
        -- However many placements there are of all that one debtor owes.
        select ranked.*
        from ranked
        inner join of_account
            on ranked.debtor_id = of_account.debtor_id
            and ranked.company_id = of_account.company_id
            and ranked.currency = of_account.currency
            and ranked.item_rank <= greatest(100 / of_account.placements, 1)
    ),
    joined as (
        select
            by_name.actor_id, by_name.placement_id, by_name.agency_id, by_name.placed_on, by_name.group_key, by_name.debtor_id,
            by_name.company_id, by_name.currency, by_name.invoice_id, by_name.installment_no, by_name.issue_date,
            by_name.due_date, by_name.payable_on, by_name.original_amount, by_name.open_amount, by_name.settled_on,
            by_name.disputed_on, ends.done_on, ends.is_paid, by_name.is_unknown
        from by_name
        inner join ends
            on by_name.debtor_id = ends.debtor_id
            and by_name.actor_id = ends.actor_id
            and by_name.placement_id = ends.placement_id
        union all
        select
            of_all.actor_id, of_all.placement_id, of_all.agency_id, of_all.placed_on, last_settled.group_key, of_all.debtor_id,
            of_all.company_id, of_all.currency, last_settled.invoice_id, last_settled.installment_no, last_settled.issue_date,
            last_settled.due_date, last_settled.payable_on, last_settled.original_amount, last_settled.open_amount,
            last_settled.settled_on, last_settled.disputed_on, of_all.done_on, of_all.is_paid, false
        from of_all
        inner join last_settled
            on of_all.debtor_id = last_settled.debtor_id
            and of_all.company_id = last_settled.company_id
            and of_all.currency = last_settled.currency
        -- While it is not done, one item stands for all; of what was settled before it was placed, nothing is named.
        where last_settled.item_rank = 1
            or (of_all.done_on is not null and coalesce(last_settled.settled_on > of_all.placed_on, true))
    )
select * from joined
