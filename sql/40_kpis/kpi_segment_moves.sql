-- Purpose: who moved from one segment to another since the last published run.
-- Grain: company_id, currency, from_segment, to_segment
-- Reads: fct_segment_moves
-- Units: amounts in units of currency
-- Nulls: from_segment - = no account then; to_segment - = no account now; no rows where nothing was published before
-- Kind: table
with
    before as (select count(*) as accounts from fct_segment_moves where from_segment <> '-'),
    facts as (select facts.* from fct_segment_moves as facts inner join before on before.accounts > 0),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            from_segment,
            to_segment,
            sum(accounts) as accounts,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount,
            cast(sum(overdue_amount) as decimal(18, 2)) as overdue_amount
        from facts
        group by company_id, currency, from_segment, to_segment
    )
select * from summed
order by company_id, currency, from_segment, to_segment
