-- Purpose: what the next run must know of the items of an export of open items, which forgets what was paid: of what is open, all;
--   of what is settled, 25 months.
-- Grain: debtor_id, company_id, currency, invoice_id, installment_no, flowed_on, seen_on
-- Reads: int_observed_flows
-- Units: amounts in units of currency, below zero where they were taken back
-- Nulls: none
-- Kind: table
with
    flows as (select * from int_observed_flows),
    remembered as (
        select invoice_key, installment_no
        from flows
        group by invoice_key, installment_no
        having sum(billed_amount - paid_amount - credited_amount - written_off_amount) <> 0 or max(flowed_on) >= @observed_from
    ),
    summed as (
        select
            flows.group_key,
            flows.company_id,
            flows.debtor_id,
            flows.invoice_id,
            flows.installment_no,
            flows.currency,
            flows.issue_date,
            flows.due_date,
            flows.payable_on,
            flows.flowed_on,
            flows.seen_on,
            cast(sum(flows.billed_amount) as decimal(18, 2)) as billed_amount,
            cast(sum(flows.paid_amount) as decimal(18, 2)) as paid_amount,
            cast(sum(flows.credited_amount) as decimal(18, 2)) as credited_amount,
            cast(sum(flows.written_off_amount) as decimal(18, 2)) as written_off_amount
        from flows
        left semi join remembered
            on flows.invoice_key = remembered.invoice_key
            and flows.installment_no = remembered.installment_no
        group by
            flows.group_key,
            flows.company_id,
            flows.debtor_id,
            flows.invoice_id,
            flows.installment_no,
            flows.currency,
            flows.issue_date,
            flows.due_date,
            flows.payable_on,
            flows.flowed_on,
            flows.seen_on
    )
select * from summed
order by group_key, debtor_id, company_id, currency, invoice_id, installment_no, flowed_on, seen_on
