-- Purpose: the accounts that each contact of the recovery window was about: that of its action or of the invoice that it names,
--   else all of its debtor's, of the company that it names.
-- Grain: contact_no, account_key
-- Reads: int_outreach, stg_invoices, raw_accounts, raw_books
-- Units: none
-- Columns: is_first = of the accounts of a contact the first, which bears its cost
-- Nulls: none
-- Kind: table
with
    contacts as (select contact_no, debtor_id, company_id, currency, invoice_id from int_outreach),
    naming as (select distinct debtor_id, invoice_id from contacts where invoice_id is not null),
    invoices as (
        select distinct invoices.debtor_id, invoices.invoice_id, invoices.company_id, invoices.account_key
        from naming
        right semi join stg_invoices as invoices
            on naming.debtor_id = invoices.debtor_id
            and naming.invoice_id = invoices.invoice_id
    ),
    accounts as (
        select accounts.account_key, accounts.debtor_id, accounts.company_id, accounts.currency
        from raw_accounts as accounts
        left semi join contacts on accounts.debtor_id = contacts.debtor_id
        left semi join stg_invoices as invoices on accounts.account_key = invoices.account_key
    ),
    of_invoices as (
        select contacts.contact_no, contacts.debtor_id, contacts.company_id, contacts.currency, invoices.account_key
        from contacts
        left join invoices
            on contacts.debtor_id = invoices.debtor_id
            and contacts.invoice_id = invoices.invoice_id
            and coalesce(contacts.company_id = invoices.company_id, true)
    ),
    pairs as (
        -- An invoice that nobody knows says nothing.
        select of_invoices.contact_no, coalesce(of_invoices.account_key, accounts.account_key) as account_key
        from of_invoices
        left join accounts
            on of_invoices.debtor_id = accounts.debtor_id
            and of_invoices.account_key is null
            and coalesce(of_invoices.company_id = accounts.company_id, true)
            and coalesce(of_invoices.currency = accounts.currency, true)
        where coalesce(of_invoices.account_key, accounts.account_key) is not null
    ),
    books as (
        select book_key, company_id, currency, row_number() over (order by company_id, currency) as place
        from raw_books
    ),
    named as (
        select
            pairs.contact_no,
            pairs.account_key,
            books.company_id,
            books.currency,
            books.place = min(books.place) over (partition by pairs.contact_no) as is_first
        from books
        inner join raw_accounts as accounts on books.book_key = accounts.book_key
        inner join pairs on accounts.account_key = pairs.account_key
    )
select * from named
