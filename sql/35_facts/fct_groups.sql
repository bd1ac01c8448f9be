-- Purpose: what each group owes: who fails together stands together.
-- Grain: company_id, currency, group_key
-- Reads: int_items_aged
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: table
with
    items as (select * from int_items_aged),
    grouped as (
        select
            company_id,
            currency,
            group_key,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount,
            cast(sum(case when days_past_due > 0 then open_amount else 0 end) as decimal(18, 2)) as overdue_amount
        from items
        group by company_id, currency, group_key
    )
select * from grouped
