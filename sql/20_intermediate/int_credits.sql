-- Purpose: credit that is applied to nothing: of an account what was paid on its invoices too much and what names its
--   company; of a debtor as a whole what names neither company nor invoice.
-- Grain: debtor_id, company_id, currency
-- Reads: int_payment_parts, int_items, raw_accounts
-- Units: amounts in units of currency; credit_amount is never below zero
-- Nulls: company_id null = of the debtor as a whole; unmatched_amount is what the snapshot cannot place, as what was taken
--   back of payments that it does not hold, below zero, and what was written off beyond what was owed, above it
-- Columns: unknown_amount = paid on invoices that the snapshot does not hold. It is credit too where it may have been meant
--   for something that is open now, as with a mistyped number: paid since that was issued. With the scope "open" they were
--   settled and are gone
-- Kind: table
with
    parts as (select * from int_payment_parts),
    items as (select * from int_items),
    accounts as (select * from raw_accounts),
    invoices as (
        select invoice_key, sum(applied_amount) as applied_amount
        from items
        group by invoice_key
    ),
    open_accounts as (
        select account_key, min(issue_date) as issue_date
        from items
        where open_amount > 0
        group by account_key
    ),
    open_since as (
        select accounts.debtor_id, accounts.currency, min(open_accounts.issue_date) as issue_date
        from open_accounts
        inner join accounts on open_accounts.account_key = accounts.account_key
        group by accounts.debtor_id, accounts.currency
    ),
    by_invoice as (
        select
            account_key,
            invoice_key,
            is_unplaced,
            max(paid_on) as paid_on,
            sum(effect_amount) as effect_amount,
            sum(case when root_kind = 'write_off' then effect_amount else 0 end) as written_off_amount
        from parts
        group by account_key, invoice_key, is_unplaced
    ),
    by_account as (
        select account_key, sum(effect_amount) as effect_amount
        from by_invoice
        group by account_key
    ),
    left_over as (
        -- Of nearly all invoices nothing is.
        select
            by_invoice.*,
            by_invoice.effect_amount - coalesce(invoices.applied_amount, 0) as left_amount,
            by_invoice.invoice_key is null and not by_invoice.is_unplaced as is_unapplied,
            by_invoice.invoice_key is not null and invoices.invoice_key is null and not by_invoice.is_unplaced as is_unknown
        from by_invoice
        left join invoices on by_invoice.invoice_key = invoices.invoice_key
        where by_invoice.invoice_key is null or by_invoice.effect_amount <> coalesce(invoices.applied_amount, 0)
    ),
    without_write_offs as (
        -- Nobody gives a debtor what was written off: what is paid later on such an invoice is no overpayment.
        select
            *,
            case
                when is_unapplied then left_amount - written_off_amount
                else greatest(left_amount - greatest(written_off_amount, 0), 0)
            end as credit_left
        from left_over
    ),
    judged as (
        select
            without_write_offs.*,
            @scope_open = 0 and coalesce(without_write_offs.paid_on >= open_since.issue_date, false) as may_be_meant
        from without_write_offs
        inner join accounts on without_write_offs.account_key = accounts.account_key
        left join open_since
            on accounts.debtor_id = open_since.debtor_id
            and accounts.currency = open_since.currency
    ),
    rest as (
        select
            account_key,
            sum(left_amount) as left_amount,
            sum(case when is_unknown then credit_left else 0 end) as unknown_amount,
            sum(case when is_unknown and not may_be_meant then 0 else credit_left end) as balance
        from judged
        group by account_key
    ),
    summed as (
        select
            accounts.debtor_id,
            accounts.company_id,
            accounts.currency,
            accounts.group_key,
            by_account.effect_amount,
            coalesce(rest.left_amount, 0) as left_amount,
            coalesce(rest.unknown_amount, 0) as unknown_amount,
            coalesce(rest.balance, 0) as balance
        from by_account
        inner join accounts on by_account.account_key = accounts.account_key
        left join rest on by_account.account_key = rest.account_key
    ),
    short as (
        -- What was refunded without a company, or of a company beyond its credit: it was the debtor's other credit.
        select
            debtor_id,
            currency,
            greatest(-coalesce(sum(case when company_id is null then balance end), 0), 0) as shared_short,
            coalesce(sum(case when company_id is not null and balance < 0 then -balance end), 0) as company_short
        from summed
        group by debtor_id, currency
        having min(balance) < 0
    ),
    refunded as (
        select
            summed.*,
            short.shared_short,
            short.company_short,
            sum(case when summed.company_id is not null then greatest(summed.balance, 0) else 0 end) over (
                partition by summed.debtor_id, summed.currency
                order by summed.company_id
                rows between unbounded preceding and current row
            ) as credit_to
        from summed
        inner join short on summed.debtor_id = short.debtor_id and summed.currency = short.currency
    ),
    credited as (
        select summed.*, summed.balance as credit_amount
        from summed
        left anti join short on summed.debtor_id = short.debtor_id and summed.currency = short.currency
        union all
        select
            debtor_id,
            company_id,
            currency,
            group_key,
            effect_amount,
            left_amount,
            unknown_amount,
            balance,
            case
                when company_id is null then greatest(balance - company_short, 0)
                else least(greatest(credit_to - shared_short, 0), greatest(balance, 0))
            end
        from refunded
    ),
    stated as (
        select
            group_key,
            debtor_id,
            company_id,
            currency,
            cast(credit_amount as decimal(18, 2)) as credit_amount,
            cast(left_amount - credit_amount as decimal(18, 2)) as unmatched_amount,
            cast(unknown_amount as decimal(18, 2)) as unknown_amount,
            cast(effect_amount as decimal(18, 2)) as effect_amount
        from credited
    )
select * from stated
