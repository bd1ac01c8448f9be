-- Purpose: when the principal of items was paid that are settled now, at least in part after their payable day, in the
--   present arrears episode: what charges are left on. Nothing where a credit note or a write-off settled the invoice too.
-- Grain: debtor_id, company_id, invoice_id, installment_no, paid_on
-- Reads: int_items, int_episodes, int_entangled_invoices, int_lane_marks, int_payment_parts, int_item_days
-- Units: principal_amount in units of currency, above zero; the rows of an item add up to its amount, and charges are left
--   on those paid after payable_on
-- Nulls: none
-- Kind: table
with
    episodes as (select debtor_id, company_id, currency, episode_start from int_episodes),
    parts as (select * from int_payment_parts where invoice_id is not null),
    entangled as (select * from int_entangled_invoices),
    days as (select * from int_item_days),
    noted as (
        select distinct debtor_id, company_id, invoice_id
        from parts
        where root_kind in ('credit_note', 'write_off')
    ),
    in_episode as (
        select items.*
        from int_items as items
        inner join episodes
            on items.debtor_id = episodes.debtor_id
            and items.company_id = episodes.company_id
            and items.currency = episodes.currency
            and items.due_date >= episodes.episode_start
        where items.settled_on > items.payable_on
    ),
    late_items as (
        select in_episode.*
        from in_episode
        left anti join noted
            on in_episode.debtor_id = noted.debtor_id
            and in_episode.company_id = noted.company_id
            and in_episode.invoice_id = noted.invoice_id
    ),
    at_once as (
        -- Most items: one posting on one day.
        select
            late_items.debtor_id,
            late_items.company_id,
            late_items.invoice_id,
            late_items.installment_no,
            late_items.settled_on as paid_on,
            late_items.original_amount as principal_amount
        from late_items
        left anti join entangled
            on late_items.debtor_id = entangled.debtor_id
            and late_items.company_id = entangled.company_id
            and late_items.invoice_id = entangled.invoice_id
    ),
    laned as (
        select distinct late_items.debtor_id, late_items.company_id, late_items.invoice_id
        from late_items
        inner join entangled
            on late_items.debtor_id = entangled.debtor_id
            and late_items.company_id = entangled.company_id
            and late_items.invoice_id = entangled.invoice_id
        where entangled.is_laned
    ),
    lane_marks as (
        select marks.*
        from int_lane_marks as marks
        left semi join laned
            on marks.debtor_id = laned.debtor_id
            and marks.company_id = laned.company_id
            and marks.invoice_id = laned.invoice_id
    ),
    day_ends as (
        -- Of what had flowed in by the end of a day, what was never taken back again: the least from then on. As in
        -- int_item_fills the lane stands before the value, so that each lane begins anew.
        select
            lane_no,
            on_day,
            cast(null as bigint) as installment_no,
            cast(lane_no as decimal(20, 0)) * 10000000000000000 - max(cast(lane_no as decimal(20, 0)) * 10000000000000000 - level) over (
                order by lane_no, on_day desc
                rows between unbounded preceding and current row
            ) as level
        from lane_marks
        where is_day
    ),
    marks as (
        select lane_no, on_day as paid_on, cast(level as decimal(28, 2)) as level, cast(null as decimal(28, 2)) as item_level
        from day_ends
        where level > 0
        union all
        select lane_no, cast(null as date), cast(level as decimal(28, 2)), cast(level as decimal(28, 2))
        from lane_marks
        where not is_day
    ),
    segments as (
        -- Between two marks one item is being filled by one flow: the first of each that reaches so high.
        select
            lane_no,
            level - case
                when lead(lane_no) over (order by lane_no, level desc) = lane_no then lead(level) over (order by lane_no, level desc)
                else 0
            end as amount,
            cast(lane_no as decimal(20, 0)) * 10000000000000000 - max(cast(lane_no as decimal(20, 0)) * 10000000000000000 - item_level) over (
                order by lane_no, level desc
                rows between unbounded preceding and current row
            ) as item_level,
            lane_no * 10000000 + 5000000 - max(lane_no * 10000000 + 5000000 - cast(paid_on as int)) over (
                order by lane_no, level desc
                rows between unbounded preceding and current row
            ) as paid_day
        from marks
    ),
    flowed as (
        -- Above the last flow, or the last item, the least so far is of the lane before, and far away.
        select
            items.debtor_id,
            items.company_id,
            items.invoice_id,
            items.installment_no,
            cast(cast(segments.paid_day as int) as date) as paid_on,
            sum(segments.amount) as principal_amount
        from segments
        inner join (select * from lane_marks where not is_day) as items
            on segments.lane_no = items.lane_no
            and cast(segments.item_level as decimal(28, 2)) = cast(items.level as decimal(28, 2))
        where segments.amount > 0 and segments.paid_day < 4000000
        group by items.debtor_id, items.company_id, items.invoice_id, items.installment_no, segments.paid_day
    ),
    kept_days as (
        -- Of what was applied by the end of a day, what was never taken back again.
        select
            days.debtor_id,
            days.company_id,
            days.invoice_id,
            days.installment_no,
            days.paid_on,
            min(days.applied_amount) over (
                partition by days.debtor_id, days.company_id, days.invoice_id, days.installment_no
                order by days.paid_on
                rows between current row and unbounded following
            ) as kept_amount
        from days
        left semi join late_items
            on days.debtor_id = late_items.debtor_id
            and days.company_id = late_items.company_id
            and days.invoice_id = late_items.invoice_id
            and days.installment_no = late_items.installment_no
    ),
    kept as (
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            paid_on,
            kept_amount - coalesce(
                lag(kept_amount) over (
                    partition by debtor_id, company_id, invoice_id, installment_no
                    order by paid_on
                ),
                0
            ) as principal_amount
        from kept_days
    ),
    paid as (
        select debtor_id, company_id, invoice_id, installment_no, paid_on, principal_amount from at_once
        union all select debtor_id, company_id, invoice_id, installment_no, paid_on, principal_amount from flowed
        union all select debtor_id, company_id, invoice_id, installment_no, paid_on, principal_amount from kept
    ),
    of_late_items as (
        select
            late_items.debtor_id,
            late_items.company_id,
            late_items.currency,
            late_items.invoice_id,
            late_items.installment_no,
            late_items.due_date,
            late_items.payable_on,
            paid.paid_on,
            cast(paid.principal_amount as decimal(18, 2)) as principal_amount
        from paid
        inner join late_items
            on paid.debtor_id = late_items.debtor_id
            and paid.company_id = late_items.company_id
            and paid.invoice_id = late_items.invoice_id
            and paid.installment_no = late_items.installment_no
        where paid.principal_amount > 0
    )
select * from of_late_items
order by debtor_id, company_id, currency, due_date, invoice_id, installment_no, paid_on
