-- Purpose: what may come in of open items week by week, as the model of payment expects it of each; what is promised or agreed is
--   left out. No rows where no model is used, or one that was refused. The rule is src/domain/learning/receipts.rs.
-- Grain: book_key, source, week_no
-- Reads: int_items_aged, int_promised_items, int_habits
-- Units: expected_amount in units of currency; variance = of it if no item had to do with another, in squared units of currency;
--   week_no = 1 for the seven days after the as-of date
-- Columns: source = not_due or overdue
-- Nulls: none
-- Kind: fold
with
    items as (
        select
            items.book_key,
            items.account_key,
            case when items.days_past_due > 0 then 'overdue' else 'not_due' end as source,
            items.issue_date,
            items.payable_on,
            cast(items.original_amount * 100 as bigint) as original_amount,
            cast((items.open_amount - coalesce(promised.promised_amount, 0)) * 100 as bigint) as part_amount
        from int_items_aged as items
        left join int_promised_items as promised on items.item_key = promised.item_key
        where @scores = 1 and not items.in_kept_agreement
    ),
    joined as (
        select items.* exclude (account_key), habits.* exclude (account_key)
        from items
        inner join int_habits as habits on items.account_key = habits.account_key
        where items.part_amount > 0
    )
select * from joined
