-- Purpose: what each placement with an agency is about, and since when all of it is paid or disputed. Of one of all that a
--   debtor owes the hundred last settled items are named, and one of them while it is not done.
-- Grain: debtor_id, actor_id, placement_id, invoice_id, installment_no
-- Reads: stg_placements, int_placed_items, int_placements_of_all
-- Units: amounts in units of currency
-- Nulls: done_on null = something is still owed and undisputed, or not in the snapshot (is_unknown)
-- Kind: table
with
    placements as (select * from stg_placements),
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
            case when @scope_open = 1 then @as_of end as settled_on,
            cast(null as date) as disputed_on,
            false as is_late,
            true as is_unknown
        from placements
        left anti join known
            on placements.debtor_id = known.debtor_id
            and placements.actor_id = known.actor_id
            and placements.placement_id = known.placement_id
        -- One of all that is owed has nothing to name while nothing of it is late.
        where placements.invoice_id is not null or @scope_open = 1
    ),
    with_ends as (
        select
            *,
            count(*) over (partition by debtor_id, actor_id, placement_id) as items,
            count(coalesce(settled_on, disputed_on)) over (partition by debtor_id, actor_id, placement_id) as done_items,
            count(settled_on) over (partition by debtor_id, actor_id, placement_id) as paid_items,
            max(coalesce(settled_on, disputed_on)) over (partition by debtor_id, actor_id, placement_id) as last_done_on
        from (
            select * from named
            union all select * from unknown
        )
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
    last_settled as (select * from ranked where item_rank <= 100),
    joined as (
        select
            actor_id, placement_id, agency_id, placed_on, group_key, debtor_id, company_id, currency, invoice_id, installment_no,
            issue_date, due_date, payable_on, original_amount, open_amount, settled_on, disputed_on,
            case when done_items = items then last_done_on end as done_on,
            paid_items = items as is_paid,
            is_unknown
        from with_ends
        union all
        select
            of_all.actor_id, of_all.placement_id, of_all.agency_id, of_all.placed_on, last_settled.group_key,
            of_all.debtor_id, of_all.company_id, of_all.currency, last_settled.invoice_id, last_settled.installment_no,
            last_settled.issue_date, last_settled.due_date, last_settled.payable_on, last_settled.original_amount,
            last_settled.open_amount, last_settled.settled_on, last_settled.disputed_on,
            of_all.done_on,
            of_all.is_paid,
            false
        from of_all
        inner join last_settled
            on of_all.debtor_id = last_settled.debtor_id
            and of_all.company_id = last_settled.company_id
            and of_all.currency = last_settled.currency
        -- While it is not done, one item stands for all.
        where case
                when of_all.done_on is null then last_settled.item_rank = 1
                else coalesce(last_settled.settled_on > of_all.placed_on, true)
            end
    )
select * from joined
