-- Purpose: what was paid by the debtors that have promised something, and which of their items were settled, day by day.
-- Grain: none; one row per payment and per settled item
-- Reads: stg_promises, int_payments, int_charge_payments, int_items
-- Units: amount in units of currency; settled_items = 1 where the row says that an item was settled
-- Nulls: invoice_id and company_id as in int_payments
-- Kind: table
with
    promisers as (select distinct debtor_id from stg_promises where not is_pending),
    moved as (
        select debtor_id, company_id, invoice_id, currency, paid_on as moved_on, amount, 0 as settled_items
        from int_payments as payments
        left semi join promisers on payments.debtor_id = promisers.debtor_id
        union all
        -- Whoever promises what is due pays fine and interest with it.
        select debtor_id, company_id, invoice_id, currency, paid_on, amount, 0
        from int_charge_payments as payments
        left semi join promisers on payments.debtor_id = promisers.debtor_id
        union all
        select debtor_id, company_id, invoice_id, currency, settled_on, cast(0 as decimal(18, 2)), 1
        from int_items as items
        left semi join promisers on items.debtor_id = promisers.debtor_id
        where settled_on is not null
    )
select * from moved
