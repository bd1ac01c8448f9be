-- Purpose: who is in charge of each item that is open, or was settled in the last 30 days or in the promise window: the agency that it is placed with, else its
--   collector, else its debtor's, else nobody.
-- Grain: item_key
-- Reads: int_items, int_items_aged, int_item_flags, stg_invoices, stg_debtors
-- Units: open_amount in units of currency
-- Columns: owner_kind = agency, collector or none; owner_id = - where nobody is
-- Nulls: none
-- Kind: table
with
    settled as (
        select item_key, debtor_id, company_id, invoice_id
        from int_items
        where open_amount = 0 and (cast(settled_on as int) > @as_of_day - 30 or settled_on > @promises_from)
    ),
    flags as (select debtor_id, company_id, invoice_id, agency_id from int_item_flags where agency_id is not null),
    open_items as (
        select
            item_key,
            debtor_id,
            company_id,
            currency,
            invoice_id,
            collector_id,
            agency_id,
            open_amount,
            days_past_due > 0 as is_overdue
        from int_items_aged
    ),
    settled_items as (
        -- Placed is an invoice, all that is owed to a company, or all that is owed.
        select
            settled.item_key,
            settled.debtor_id,
            settled.company_id,
            invoices.currency,
            settled.invoice_id,
            invoices.collector_id,
            coalesce(of_invoices.agency_id, of_companies.agency_id, of_debtors.agency_id) as agency_id,
            cast(0 as decimal(18, 2)) as open_amount,
            false as is_overdue
        from settled
        inner join stg_invoices as invoices on settled.item_key = invoices.item_key
        left join (select * from flags where invoice_id <> '') as of_invoices
            on settled.debtor_id = of_invoices.debtor_id
            and settled.company_id = of_invoices.company_id
            and settled.invoice_id = of_invoices.invoice_id
        left join (select * from flags where invoice_id = '' and company_id <> '') as of_companies
            on settled.debtor_id = of_companies.debtor_id
            and settled.company_id = of_companies.company_id
        left join (select * from flags where invoice_id = '' and company_id = '') as of_debtors
            on settled.debtor_id = of_debtors.debtor_id
    ),
    items as (
        select * from open_items
        union all select * from settled_items
    ),
    owned as (
        select
            items.item_key,
            items.debtor_id,
            items.company_id,
            items.currency,
            items.invoice_id,
            items.open_amount,
            items.is_overdue,
            case
                when items.agency_id is not null then 'agency'
                when coalesce(items.collector_id, debtors.collector_id) is not null then 'collector'
                else 'none'
            end as owner_kind,
            coalesce(items.agency_id, items.collector_id, debtors.collector_id, '-') as owner_id
        from items
        -- Whom the debtors do not have, or not clearly, owes all the same.
        left join (select debtor_id, collector_id from stg_debtors) as debtors on items.debtor_id = debtors.debtor_id
    )
select * from owned
