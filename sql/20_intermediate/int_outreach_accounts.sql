-- Purpose: the accounts that each contact of the recovery window was about: that of its action or of the invoice that it names,
--   else all of its debtor's, of the company that it names.
-- Grain: contact_no, account_key
-- Reads: int_outreach, stg_invoices, raw_accounts
-- Units: none
-- Columns: is_first = of the accounts of a contact the first, which bears its cost
-- Nulls: none
-- Kind: table
with
    contacts as (select contact_no, debtor_id, company_id, currency, invoice_id from int_outreach),
    naming as (select * from contacts where invoice_id is not null),
    accounts as (
        select accounts.account_key, accounts.debtor_id, accounts.company_id, accounts.currency
        from raw_accounts as accounts
        left semi join contacts on accounts.debtor_id = contacts.debtor_id
        left semi join stg_invoices as invoices on accounts.account_key = invoices.account_key
    ),
    of_invoices as (
        select distinct naming.contact_no, invoices.account_key
        from naming
        inner join stg_invoices as invoices
            on naming.debtor_id = invoices.debtor_id
            and naming.invoice_id = invoices.invoice_id
            and coalesce(naming.company_id = invoices.company_id, true)
    ),
    of_accounts as (
        -- An invoice that nobody knows says nothing.
        select contacts.contact_no, accounts.account_key
        from contacts
        left anti join of_invoices on contacts.contact_no = of_invoices.contact_no
        inner join accounts
            on contacts.debtor_id = accounts.debtor_id
            and coalesce(contacts.company_id = accounts.company_id, true)
            and coalesce(contacts.currency = accounts.currency, true)
    ),
    pairs as (
        select * from of_invoices
        union all select * from of_accounts
    ),
    named as (
        select
            pairs.contact_no,
            pairs.account_key,
            accounts.company_id,
            accounts.currency,
            row_number() over (partition by pairs.contact_no order by accounts.company_id, accounts.currency) = 1 as is_first
        from pairs
        inner join accounts on pairs.account_key = accounts.account_key
    )
select * from named
