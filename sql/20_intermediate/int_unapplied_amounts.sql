-- Purpose: what of the money of each account was applied to nothing, before refunds are taken from it.
-- Grain: account_key
-- Reads: int_payment_parts, int_items, int_gone_items, int_payment_applications, raw_accounts
-- Units: amounts in units of currency; balance below zero = more was refunded than was there
-- Nulls: company_id null = of the debtor as a whole
-- Columns: unknown_amount = paid on invoices that the snapshot does not hold. It is credit too where it may have been meant
--   for something that is open now, as with a mistyped number: paid since that was issued. With the scope "open" they were
--   settled and are gone
-- Kind: table
with
    items as (select * from int_items),
    instalments as (
        select invoice_key, installment_no from items
        union all
        select invoice_key, installment_no from int_gone_items
    ),
    parts as (
        select account_key, invoice_key, is_unplaced, paid_on, effect_amount, root_kind
        from int_payment_parts
        where @scope_open = 0
        union all
        select
            parts.account_key,
            -- An instalment that an export of open items does not hold was settled and is gone, whoever has seen it.
            case
                when parts.installment_no is not null and instalments.invoice_key is null
                    then -1 - parts.invoice_key
                else parts.invoice_key
            end as invoice_key,
            parts.is_unplaced,
            parts.paid_on,
            parts.effect_amount,
            parts.root_kind
        from (select * from int_payment_parts where @scope_open = 1) as parts
        left join instalments
            on parts.invoice_key = instalments.invoice_key
            and parts.installment_no = instalments.installment_no
    ),
    accounts as (select * from raw_accounts),
    invoices as (
        select invoice_key, sum(applied_amount) as applied_amount
        from (
            select invoice_key, applied_amount from items
            union all
            select gone.invoice_key, applications.applied_amount
            from int_gone_items as gone
            inner join int_payment_applications as applications on gone.item_key = applications.item_key
        ) as applied
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
        from parts
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
        -- Cast before they meet a plain 0: a sum of sums has so many digits that it would lose its cents to it.
        select
            account_key,
            cast(sum(left_amount) as decimal(28, 2)) as left_amount,
            cast(sum(case when is_unknown then credit_left end) as decimal(28, 2)) as unknown_amount,
            cast(sum(case when not is_unknown or may_be_meant then credit_left end) as decimal(28, 2)) as balance
        from judged
        group by account_key
    ),
    summed as (
        select
            accounts.account_key,
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
    )
select * from summed
