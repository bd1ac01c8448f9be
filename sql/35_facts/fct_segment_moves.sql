-- Purpose: the shard's part of who moved from one segment to another since the last published run.
-- Grain: company_id, currency, from_segment, to_segment
-- Reads: raw_positions, out_debtors
-- Units: amounts in units of currency
-- Nulls: from_segment - = no account then; to_segment - = no account now: nothing open, and no credit
-- Kind: table
with
    before as (select * from raw_positions),
    debtors as (select * from out_debtors),
    stayed as (
        select company_id, currency, coalesce(previous_segment, '-') as from_segment, segment as to_segment, open_amount, overdue_amount
        from debtors
    ),
    gone as (
        select before.company_id, before.currency, before.segment as from_segment, '-' as to_segment, 0.0 as no_amount
        from before
        left anti join debtors
            on before.debtor_id = debtors.debtor_id
            and before.company_id = debtors.company_id
            and before.currency = debtors.currency
    ),
    moves as (
        select * from stayed
        union all
        select
            company_id, currency, from_segment, to_segment, cast(no_amount as decimal(18, 2)), cast(no_amount as decimal(18, 2))
        from gone
    ),
    grouped as (
        select
            company_id,
            currency,
            from_segment,
            to_segment,
            count(*) as accounts,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount,
            cast(sum(overdue_amount) as decimal(18, 2)) as overdue_amount
        from moves
        group by company_id, currency, from_segment, to_segment
    )
select * from grouped
