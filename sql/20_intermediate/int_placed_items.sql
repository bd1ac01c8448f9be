-- Purpose: the items of the debtors of which something is with an agency, and since when they are disputed.
-- Grain: debtor_id, company_id, invoice_id, installment_no
-- Reads: stg_placements, stg_disputes, int_items
-- Units: amounts in units of currency
-- Nulls: disputed_on null = not disputed; is_late = was not paid by its payable day
-- Kind: table
with
    placed as (select distinct debtor_id from stg_placements),
    disputes as (
        -- A return of goods disputes the invoice as well.
        select
            debtor_id,
            coalesce(company_id, '') as company_id,
            coalesce(invoice_id, '') as invoice_id,
            min(opened_on) as disputed_on
        from stg_disputes
        group by debtor_id, coalesce(company_id, ''), coalesce(invoice_id, '')
    ),
    items as (
        select items.*
        from int_items as items
        left semi join placed on items.debtor_id = placed.debtor_id
    ),
    disputed as (
        select
            items.group_key,
            items.debtor_id,
            items.company_id,
            items.currency,
            items.invoice_id,
            items.installment_no,
            items.issue_date,
            items.due_date,
            items.payable_on,
            items.original_amount,
            items.open_amount,
            items.paid_up_on as settled_on,
            -- least() passes over nulls: the earliest of them, or the only one.
            least(of_invoice.disputed_on, of_company.disputed_on, of_debtor.disputed_on) as disputed_on,
            items.payable_on < @as_of and coalesce(items.settled_on > items.payable_on, true) as is_late
        from items
        left join disputes as of_invoice
            on items.debtor_id = of_invoice.debtor_id
            and items.company_id = of_invoice.company_id
            and items.invoice_id = of_invoice.invoice_id
        left join disputes as of_company
            on items.debtor_id = of_company.debtor_id
            and items.company_id = of_company.company_id
            and of_company.invoice_id = ''
        left join disputes as of_debtor
            on items.debtor_id = of_debtor.debtor_id
            and of_debtor.company_id = ''
            and of_debtor.invoice_id = ''
    )
select * from disputed
