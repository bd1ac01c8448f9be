-- Purpose: what speaks for leaving an item alone: disputes, returns, agreements, promises, agencies, listings.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: stg_disputes, stg_agreements, raw_agreement_items, int_promises, stg_placements, stg_listings
-- Units: none
-- Nulls: none; invoice_id is '' where the flag is about all the debtor owes (to the company, where company_id is not ''),
--   installment_no 0 where about the whole invoice
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
            company_id,
            invoice_id,
            cast(null as bigint) as installment_no,
            kind as flag,
            cast(null as varchar) as agency_id,
            cast(null as date) as pay_by,
            cast(null as date) as until_on
        from disputes
        union all
        -- Whoever signed it, it is about whoever owes what it covers.
        select
            agreement_items.debtor_id,
            agreement_items.company_id,
            agreement_items.invoice_id,
            agreement_items.installment_no,
            case when agreements.is_kept then 'agreement_kept' else 'agreement_broken' end,
            cast(null as varchar),
            cast(null as date),
            cast(null as date)
        from agreements
        inner join agreement_items
            on agreements.agreement_id = agreement_items.agreement_id
            and agreements.debtor_id = agreement_items.actor_id
        union all
        select
            debtor_id,
            company_id,
            invoice_id,
            cast(null as bigint),
            concat('promise_', state),
            cast(null as varchar),
            pay_by,
            last_day
        from promises
        union all
        select
            debtor_id, company_id, invoice_id, cast(null as bigint), 'agency', agency_id, cast(null as date), cast(null as date)
        from placements
        union all
        select
            debtor_id, company_id, invoice_id, installment_no, kind, cast(null as varchar), cast(null as date), cast(null as date)
        from listings
    ),
    addressed as (
        -- An invoice of no company is not in the snapshot.
        select
            debtor_id,
            coalesce(company_id, '') as company_id,
            coalesce(invoice_id, '') as invoice_id,
            coalesce(installment_no, 0) as installment_no,
            flag,
            agency_id,
            pay_by,
            until_on
        from flags
    ),
    grouped as (
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            bool_or(flag = 'dispute') as is_disputed,
            bool_or(flag = 'goods_return') as is_returned,
            bool_or(flag = 'agreement_kept') as in_kept_agreement,
            bool_or(flag = 'agreement_broken') as agreement_broken,
            bool_or(flag = 'promise_pending') as promise_pending,
            max(case when flag = 'promise_pending' then until_on end) as promise_until,
            max(case when flag = 'promise_broken' then pay_by end) as promise_broken_by,
            min(agency_id) as agency_id,
            bool_or(flag in ('negativacao', 'protesto')) as is_listed
        from addressed
        group by debtor_id, company_id, invoice_id, installment_no
    )
select * from grouped
