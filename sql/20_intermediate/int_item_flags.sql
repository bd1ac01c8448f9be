-- Purpose: what speaks for leaving an item alone: disputes, returns, agreements, promises, agencies, listings.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: stg_disputes, int_agreements, raw_agreement_items, int_promises, stg_placements, stg_listings, stg_invoices
-- Units: none
-- Nulls: none; invoice_id is '' where the flag is about all the debtor owes (to the company, where company_id is not ''),
--   installment_no 0 where about the whole invoice
-- Kind: table
with
    disputes as (select * from stg_disputes),
    agreement_items as (select * from raw_agreement_items),
    agreements as (select * from int_agreements),
    paid_for_what_is_gone as (
        select agreement_items.debtor_id, agreements.agreed_on
        from agreements
        inner join agreement_items
            on agreements.agreement_id = agreement_items.agreement_id
            and agreements.debtor_id = agreement_items.actor_id
            and agreements.group_key = agreement_items.group_key
        left anti join stg_invoices as invoices
            on agreement_items.debtor_id = invoices.debtor_id
            and agreement_items.invoice_id = invoices.invoice_id
        where not agreements.is_owed and @scope_open = 0
    ),
    paid_for_something as (
        -- Paid to the end, and for what is not said, or is not there: for what there was when the last of them was agreed.
        select debtor_id, max(agreed_on) as agreed_on
        from (
            select debtor_id, agreed_on from agreements where not is_owed and not has_items
            union all
            select debtor_id, agreed_on from paid_for_what_is_gone
        )
        group by debtor_id
    ),
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
            case
                when not agreements.is_owed then 'agreement_paid'
                when agreements.is_kept then 'agreement_kept'
                else 'agreement_broken'
            end,
            cast(null as varchar),
            cast(null as date),
            cast(null as date)
        from agreements
        inner join agreement_items
            on agreements.agreement_id = agreement_items.agreement_id
            and agreements.debtor_id = agreement_items.actor_id
            and agreements.group_key = agreement_items.group_key
        union all
        -- One that is in force and names nothing is about all that its signer owes.
        select
            debtor_id,
            cast(null as varchar),
            cast(null as varchar),
            cast(null as bigint),
            'agreement_kept',
            cast(null as varchar),
            cast(null as date),
            cast(null as date)
        from agreements
        where not has_items and is_owed and is_kept
        union all
        select
            invoices.debtor_id,
            invoices.company_id,
            invoices.invoice_id,
            cast(null as bigint),
            'agreement_paid',
            cast(null as varchar),
            cast(null as date),
            cast(null as date)
        from paid_for_something
        inner join stg_invoices as invoices
            on paid_for_something.debtor_id = invoices.debtor_id
            and invoices.issue_date <= paid_for_something.agreed_on
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
    flagged as (select distinct debtor_id from flags),
    owed as (
        select stated.debtor_id, stated.company_id, stated.invoice_id, stated.installment_no
        from stg_invoices as stated
        left semi join flagged on stated.debtor_id = flagged.debtor_id
    ),
    invoices as (select distinct debtor_id, company_id, invoice_id from owed),
    instalments as (select distinct debtor_id, company_id, invoice_id, installment_no from owed),
    companies as (select distinct debtor_id, company_id from owed),
    known as (
        -- What protects and names an invoice or a company that the snapshot does not have may mean another of its debtor's.
        -- Of an export of open items, what is gone was settled.
        select
            flags.*,
            flag in ('dispute', 'goods_return', 'agreement_kept', 'promise_pending', 'agency') as protects,
            flags.invoice_id is null or invoices.invoice_id is not null or @scope_open = 1 as knows_invoice,
            flags.company_id is null or companies.company_id is not null or @scope_open = 1 as knows_company,
            -- One that its invoice does not have may be any of them; what is broken is so where it is named.
            flags.installment_no is null
                or instalments.installment_no is not null
                or flag = 'agreement_broken'
                or @scope_open = 1 as knows_instalment
        from flags
        left join invoices
            on flags.debtor_id = invoices.debtor_id
            and flags.company_id = invoices.company_id
            and flags.invoice_id = invoices.invoice_id
        left join instalments
            on flags.debtor_id = instalments.debtor_id
            and flags.company_id = instalments.company_id
            and flags.invoice_id = instalments.invoice_id
            and flags.installment_no = instalments.installment_no
        left join companies
            on flags.debtor_id = companies.debtor_id
            and flags.company_id = companies.company_id
    ),
    addressed as (
        select
            debtor_id,
            case when protects and not knows_company then '' else coalesce(company_id, '') end as company_id,
            case when protects and not knows_invoice then '' else coalesce(invoice_id, '') end as invoice_id,
            case
                when (protects and not knows_invoice) or not knows_instalment then 0
                else coalesce(installment_no, 0)
            end as installment_no,
            flag,
            agency_id,
            pay_by,
            until_on
        from known
    ),
    grouped as (
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            bool_or(flag = 'dispute') as is_disputed,
            bool_or(flag = 'goods_return') as is_returned,
            bool_or(flag in ('agreement_kept', 'agreement_paid')) as in_kept_agreement,
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
