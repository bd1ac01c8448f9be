-- Purpose: agreements in force, or paid to the end, as the ledger knows them too: it may know of a payment that the agreement
--   does not know of yet. For each group that signed one or owes what it covers, by what that group has paid, so that it
--   does not matter who is worked on together.
-- Grain: debtor_id, agreement_id, group_key
-- Reads: stg_agreements, raw_agreement_items, int_payments, int_charge_payments, stg_invoices
-- Units: none
-- Nulls: agreed_on = the first due date where nobody says when
-- Kind: table
with
    stated as (select * from stg_agreements),
    items as (select * from raw_agreement_items),
    parties as (
        select items.actor_id, items.agreement_id, items.debtor_id, items.group_key
        from items
        union
        select debtor_id as actor_id, agreement_id, debtor_id, group_key from stated
    ),
    sides as (select distinct actor_id, agreement_id, group_key from parties),
    late as (
        select parties.*, stated.has_items, stated.agreed_on
        from parties
        inner join stated
            on parties.agreement_id = stated.agreement_id
            and parties.actor_id = stated.debtor_id
        where stated.is_owed and not stated.is_kept
    ),
    payments as (
        -- What is left of each; fine and interest are part of an instalment.
        select debtor_id, payment_id, company_id, invoice_id, currency, 'principal' as part, paid_on, amount
        from int_payments
        union all
        select debtor_id, payment_id, company_id, invoice_id, currency, 'charges', paid_on, amount
        from int_charge_payments
    ),
    of_parties as (
        select late.actor_id, late.agreement_id, late.group_key, late.has_items, payments.*
        from late
        inner join payments on late.debtor_id = payments.debtor_id and payments.paid_on >= late.agreed_on
    ),
    unplaced as (
        -- What names no invoice, or one that nobody knows, may be meant for it.
        select of_parties.*
        from of_parties
        left anti join stg_invoices as invoices
            on of_parties.debtor_id = invoices.debtor_id
            and of_parties.invoice_id = invoices.invoice_id
    ),
    counted as (
        -- A payment counts once, whatever it counts by.
        select of_parties.*
        from of_parties
        left semi join items
            on of_parties.agreement_id = items.agreement_id
            and of_parties.actor_id = items.actor_id
            and of_parties.debtor_id = items.debtor_id
            and of_parties.company_id = items.company_id
            and of_parties.invoice_id = items.invoice_id
        union
        select * from unplaced
        union
        select * from of_parties where not has_items
    ),
    summed as (
        select actor_id, agreement_id, group_key, sum(amount) as paid_amount
        from counted
        group by actor_id, agreement_id, group_key
    ),
    known as (
        select
            stated.debtor_id,
            stated.agreement_id,
            sides.group_key,
            stated.has_items,
            stated.is_owed,
            stated.is_kept or coalesce(summed.paid_amount >= stated.due_amount, false) as is_kept,
            stated.agreed_on
        from stated
        inner join sides on stated.debtor_id = sides.actor_id and stated.agreement_id = sides.agreement_id
        left join summed
            on sides.actor_id = summed.actor_id
            and sides.agreement_id = summed.agreement_id
            and sides.group_key = summed.group_key
    )
select * from known
