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
    marks as (
        select
            marks.*,
            -- Of what had flowed in by the end of a day, what was never taken back again.
            case
                when paid_on is null then level
                else min(level) over (
                    partition by marks.debtor_id, marks.company_id, marks.invoice_id, marks.currency, marks.lane, marks.paid_on is null
                    order by marks.paid_on
                    rows between current row and unbounded following
                )
            end as kept_level
        from int_lane_marks as marks
        left semi join laned
            on marks.debtor_id = laned.debtor_id
            and marks.company_id = laned.company_id
            and marks.invoice_id = laned.invoice_id
    ),
    segments as (
        -- Between two marks one item is being filled by one flow: the first of each that reaches so high.
        select
            debtor_id,
            company_id,
            invoice_id,
            kept_level - coalesce(
                lead(kept_level) over (
                    partition by debtor_id, company_id, invoice_id, currency, lane
                    order by kept_level desc
                ),
                0
            ) as amount,
            min(case when paid_on is null then level end) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by kept_level desc
                range between unbounded preceding and current row
            ) as item_level,
            min(paid_on) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by kept_level desc
                range between unbounded preceding and current row
            ) as paid_on,
            lane
        from marks
        where kept_level > 0
    ),
    flowed as (
        select
            items.debtor_id,
            items.company_id,
            items.invoice_id,
            items.installment_no,
            segments.paid_on,
            sum(segments.amount) as principal_amount
        from segments
        inner join (select * from marks where paid_on is null) as items
            on segments.debtor_id = items.debtor_id
            and segments.company_id = items.company_id
            and segments.invoice_id = items.invoice_id
            and segments.lane = items.lane
            and segments.item_level = items.level
        where segments.paid_on is not null
        group by items.debtor_id, items.company_id, items.invoice_id, items.installment_no, segments.paid_on
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
