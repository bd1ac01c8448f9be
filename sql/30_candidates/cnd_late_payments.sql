-- Purpose: when the principal of items was paid that are settled now, at least in part after their payable day, in the
--   present arrears episode: what charges are left on. Nothing where a credit note or a write-off settled the invoice too.
-- Grain: debtor_id, company_id, invoice_id, installment_no, paid_on
-- Reads: int_items, int_episodes, int_entangled_invoices, int_payment_parts, int_item_days, stg_invoices
-- Units: principal_amount in units of currency, above zero; the rows of an item add up to its amount, and charges are left
--   on those paid after payable_on
-- Nulls: none
-- Kind: table
with
    episodes as (select debtor_id, company_id, currency, episode_start from int_episodes),
    parts as (select * from int_payment_parts where invoice_id is not null),
    entangled as (select * from int_entangled_invoices),
    days as (select * from int_item_days),
    invoices as (select * from stg_invoices),
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
    late_flowing as (
        select distinct late_items.debtor_id, late_items.company_id, late_items.invoice_id, entangled.is_by_name
        from late_items
        inner join entangled
            on late_items.debtor_id = entangled.debtor_id
            and late_items.company_id = entangled.company_id
            and late_items.invoice_id = entangled.invoice_id
        where entangled.is_flowing
    ),
    capacities as (
        -- As in int_item_fills: items of one lane share what flows in, in order of due date.
        select
            invoices.debtor_id,
            invoices.company_id,
            invoices.invoice_id,
            invoices.installment_no,
            invoices.currency,
            case when late_flowing.is_by_name then invoices.installment_no else 0 end as lane,
            sum(invoices.amount) over (
                partition by
                    invoices.debtor_id,
                    invoices.company_id,
                    invoices.invoice_id,
                    invoices.currency,
                    case when late_flowing.is_by_name then invoices.installment_no else 0 end
                order by invoices.due_date, invoices.installment_no
                rows between unbounded preceding and current row
            ) as level,
            row_number() over (
                partition by
                    invoices.debtor_id,
                    invoices.company_id,
                    invoices.invoice_id,
                    invoices.currency,
                    case when late_flowing.is_by_name then invoices.installment_no else 0 end
                order by invoices.due_date, invoices.installment_no
            ) as place
        from invoices
        inner join late_flowing
            on invoices.debtor_id = late_flowing.debtor_id
            and invoices.company_id = late_flowing.company_id
            and invoices.invoice_id = late_flowing.invoice_id
    ),
    inflows as (
        select
            parts.debtor_id,
            parts.company_id,
            parts.invoice_id,
            parts.currency,
            case when late_flowing.is_by_name then parts.installment_no else 0 end as lane,
            parts.paid_on,
            sum(parts.effect_amount) as amount
        from parts
        inner join late_flowing
            on parts.debtor_id = late_flowing.debtor_id
            and parts.company_id = late_flowing.company_id
            and parts.invoice_id = late_flowing.invoice_id
        group by
            parts.debtor_id,
            parts.company_id,
            parts.invoice_id,
            parts.currency,
            case when late_flowing.is_by_name then parts.installment_no else 0 end,
            parts.paid_on
    ),
    flows as (
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            lane,
            paid_on,
            sum(amount) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by paid_on
                rows between unbounded preceding and current row
            ) as level
        from inflows
    ),
    marks as (
        select debtor_id, company_id, invoice_id, currency, lane, level, place, cast(null as date) as paid_on
        from capacities
        union all
        select debtor_id, company_id, invoice_id, currency, lane, level, cast(null as bigint), paid_on
        from flows
    ),
    segments as (
        -- Between two marks one item is being filled by one flow: the first of each that reaches so high.
        select
            debtor_id,
            company_id,
            invoice_id,
            currency,
            lane,
            level - coalesce(
                lead(level) over (
                    partition by debtor_id, company_id, invoice_id, currency, lane
                    order by level desc
                ),
                0
            ) as amount,
            min(place) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by level desc
                range between unbounded preceding and current row
            ) as place,
            min(paid_on) over (
                partition by debtor_id, company_id, invoice_id, currency, lane
                order by level desc
                range between unbounded preceding and current row
            ) as paid_on
        from marks
    ),
    flowed as (
        select
            capacities.debtor_id,
            capacities.company_id,
            capacities.invoice_id,
            capacities.installment_no,
            segments.paid_on,
            sum(segments.amount) as principal_amount
        from segments
        inner join capacities
            on segments.debtor_id = capacities.debtor_id
            and segments.company_id = capacities.company_id
            and segments.invoice_id = capacities.invoice_id
            and segments.currency = capacities.currency
            and segments.lane = capacities.lane
            and segments.place = capacities.place
        where segments.paid_on is not null
        group by
            capacities.debtor_id, capacities.company_id, capacities.invoice_id, capacities.installment_no, segments.paid_on
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
