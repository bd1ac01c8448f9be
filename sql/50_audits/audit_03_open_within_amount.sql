-- Purpose: what is open lies between nothing and the original amount, and applied and open make up the original.
-- Grain: none; one row per finding
-- Reads: out_items
-- Units: amounts in units of currency
-- Nulls: none
-- Kind: audit
with
    items as (select * from out_items),
    findings as (
        select
            invoice_id as subject,
            concat('0 to ', cast(original_amount as varchar)) as expected,
            cast(open_amount as varchar) as actual,
            cast(
                case
                    when open_amount + applied_amount <> original_amount then open_amount + applied_amount - original_amount
                    when open_amount < 0 then open_amount
                    else open_amount - original_amount
                end
                as varchar
            ) as difference
        from items
        where open_amount < 0 or open_amount > original_amount or open_amount + applied_amount <> original_amount
    )
select * from findings
