-- Purpose: every debtor with an open item has an action or a reason, and only one of them besides its duties.
-- Grain: none; one row per finding
-- Reads: int_items, out_decisions
-- Units: numbers of decisions
-- Nulls: none
-- Kind: audit
with
    owing as (select distinct debtor_id, company_id, currency from int_items where open_amount > 0),
    decisions as (
        select debtor_id, company_id, currency, count(*) as decisions
        from out_decisions
        where reason <> 'duty'
        group by debtor_id, company_id, currency
    ),
    findings as (
        select
            owing.debtor_id as subject,
            'an action or a reason' as expected,
            'neither' as actual,
            '1' as difference
        from owing
        left anti join decisions
            on owing.debtor_id = decisions.debtor_id
            and owing.company_id = decisions.company_id
            and owing.currency = decisions.currency
        union all
        select debtor_id, 'one decision', cast(decisions as varchar), cast(decisions - 1 as varchar)
        from decisions
        where decisions > 1
    )
select * from findings
