-- Purpose: what speaks for leaving an item alone: disputes, returns, agreements, promises, agencies, listings.
-- Grain: debtor_id, invoice_id, installment_no
-- Reads: stg_disputes, stg_agreements, raw_agreement_items, int_promises, stg_placements, stg_listings
-- Units: none
-- Nulls: none; invoice_id is '' where the flag is about all the debtor owes, installment_no 0 where about the whole invoice
-- Kind: table
with
    disputes as (select * from stg_disputes),
    agreements as (select * from stg_agreements),
    agreement_items as (select * from raw_agreement_items),
    promises as (select * from int_promises),
    placements as (select * from stg_placements),
    listings as (select * from stg_listings),
    flags as (
        select
            debtor_id,
            coalesce(invoice_id, '') as invoice_id,
            cast(0 as bigint) as installment_no,
            kind as flag,
            cast(null as varchar) as agency_id,
            cast(null as date) as pay_by
        from disputes
        union all
        select
            agreements.debtor_id,
            agreement_items.invoice_id,
            coalesce(agreement_items.installment_no, 0),
            case when agreements.is_kept then 'agreement_kept' else 'agreement_broken' end,
            cast(null as varchar),
            cast(null as date)
        from agreements
        inner join agreement_items on agreements.agreement_id = agreement_items.agreement_id
        union all
        select
            debtor_id,
            coalesce(invoice_id, ''),
            cast(0 as bigint),
            concat('promise_', state),
            cast(null as varchar),
            pay_by
        from promises
        union all
        select debtor_id, coalesce(invoice_id, ''), cast(0 as bigint), 'agency', agency_id, cast(null as date)
        from placements
        union all
        select debtor_id, invoice_id, coalesce(installment_no, 0), kind, cast(null as varchar), cast(null as date)
        from listings
    ),
    grouped as (
        select
            debtor_id,
            invoice_id,
            installment_no,
            bool_or(flag = 'dispute') as is_disputed,
            bool_or(flag = 'goods_return') as is_returned,
            bool_or(flag = 'agreement_kept') as in_kept_agreement,
            bool_or(flag = 'agreement_broken') as agreement_broken,
            bool_or(flag = 'promise_pending') as promise_pending,
            max(case when flag = 'promise_pending' then cast(cast(pay_by as int) + @promise_grace_days as date) end) as promise_until,
            max(case when flag = 'promise_broken' then pay_by end) as promise_broken_by,
            min(agency_id) as agency_id,
            bool_or(flag in ('negativacao', 'protesto')) as is_listed
        from flags
        group by debtor_id, invoice_id, installment_no
    )
select * from grouped
