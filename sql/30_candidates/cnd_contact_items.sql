-- Purpose: what the published actions among the contacts named.
-- Grain: action_id, invoice_id, installment_no
-- Reads: raw_action_items, int_contacts, stg_invoices
-- Units: left_due_date = the due date that it was named with, where its account holds the invoice no more: it may stand in
--   the books of another company, or in another currency, by now
-- Nulls: step_id null = the item was listed beside others and took no step; left_due_date null = it is where it was
-- Kind: table
with
    named as (select * from raw_action_items),
    contacts as (
        select action_id, debtor_id, company_id, currency from int_contacts where action_id is not null and company_id is not null
    ),
    of_contacts as (
        select named.*, contacts.company_id, contacts.currency
        from named
        inner join contacts on named.action_id = contacts.action_id
    ),
    invoices as (
        select distinct invoices.debtor_id, invoices.company_id, invoices.currency, invoices.invoice_id
        from stg_invoices as invoices
        left semi join named on invoices.debtor_id = named.debtor_id and invoices.invoice_id = named.invoice_id
    ),
    placed as (
        select
            of_contacts.action_id,
            of_contacts.invoice_id,
            of_contacts.installment_no,
            of_contacts.step_id,
            case when invoices.invoice_id is null then of_contacts.due_date end as left_due_date
        from of_contacts
        left join invoices
            on of_contacts.debtor_id = invoices.debtor_id
            and of_contacts.company_id = invoices.company_id
            and of_contacts.currency = invoices.currency
            and of_contacts.invoice_id = invoices.invoice_id
    )
select * from placed
order by action_id, invoice_id, installment_no
