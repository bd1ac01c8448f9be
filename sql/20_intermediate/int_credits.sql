-- Purpose: credit that is applied to nothing: of an account what was paid on its invoices too much and what names its
--   company; of a debtor as a whole what names neither company nor invoice.
-- Grain: debtor_id, company_id, currency
-- Reads: int_payment_parts, int_items
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
    invoices as (
        select debtor_id, company_id, invoice_id, currency, sum(applied_amount) as applied_amount
        from items
        group by debtor_id, company_id, invoice_id, currency
    ),
    open_since as (
        select debtor_id, currency, min(issue_date) as issue_date
        from items
        where open_amount > 0
        group by debtor_id, currency
    ),
    by_invoice as (
        select
            debtor_id,
            company_id,
            currency,
            invoice_id,
            is_unplaced,
            min(group_key) as group_key,
            max(paid_on) as paid_on,
            sum(effect_amount) as effect_amount,
            sum(case when root_kind = 'write_off' then effect_amount else 0 end) as written_off_amount
        from parts
        group by debtor_id, company_id, currency, invoice_id, is_unplaced
    ),
    left_over as (
        select
            by_invoice.*,
            by_invoice.effect_amount - coalesce(invoices.applied_amount, 0) as left_amount,
            by_invoice.invoice_id is null and not by_invoice.is_unplaced as is_unapplied,
            by_invoice.invoice_id is not null and invoices.invoice_id is null and not by_invoice.is_unplaced as is_unknown,
            @scope_open = 0 and coalesce(by_invoice.paid_on >= open_since.issue_date, false) as may_be_meant
        from by_invoice
        left join invoices
            on by_invoice.debtor_id = invoices.debtor_id
            and by_invoice.company_id = invoices.company_id
            and by_invoice.invoice_id = invoices.invoice_id
            and by_invoice.currency = invoices.currency
        left join open_since
            on by_invoice.debtor_id = open_since.debtor_id
            and by_invoice.currency = open_since.currency
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
    summed as (
        select
            debtor_id,
            company_id,
            currency,
            min(group_key) as group_key,
            sum(effect_amount) as effect_amount,
            sum(left_amount) as left_amount,
            sum(case when is_unknown then credit_left else 0 end) as unknown_amount,
            sum(case when is_unknown and not may_be_meant then 0 else credit_left end) as balance
        from without_write_offs
        group by debtor_id, company_id, currency
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
