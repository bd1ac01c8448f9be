-- Purpose: agreements in force, or paid to the end, as the ledger knows them too, for it may know a payment that the
--   agreement does not; and those broken or cancelled that tell of a payment which the ledger lacks. Each group that signed
--   one or owes what it covers is judged by what it has paid itself, so it does not matter who is worked on together.
-- Grain: debtor_id, agreement_id, group_key
-- Reads: stg_agreements, raw_agreement_items, int_payments, int_charge_payments, stg_invoices, run_tolerances
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
        select parties.*, stated.has_items, stated.paid_since, stated.currency
        from parties
        inner join stated
            on parties.agreement_id = stated.agreement_id
            and parties.actor_id = stated.debtor_id
        where not stated.is_paid and not (stated.is_owed and stated.is_kept)
    ),
    payments as (
        -- What is left of each; fine and interest are part of an instalment.
        select group_key, debtor_id, company_id, invoice_id, currency, cast(paid_on as int) as paid_on, amount from int_payments
        union all
        select group_key, debtor_id, company_id, invoice_id, currency, cast(paid_on as int), amount from int_charge_payments
    ),
    of_groups as (
        select payments.*
        from payments
        left semi join late on payments.group_key = late.group_key
    ),
    of_late as (
        select of_groups.*
        from of_groups
        left semi join late on of_groups.debtor_id = late.debtor_id
    ),
    covered as (
        select distinct actor_id, agreement_id, debtor_id, company_id, invoice_id
        from items
    ),
    on_covered as (
        select late.actor_id, late.agreement_id, late.group_key, of_late.amount, of_late.currency <> late.currency as is_foreign
        from late
        inner join covered
            on late.agreement_id = covered.agreement_id
            and late.actor_id = covered.actor_id
            and late.debtor_id = covered.debtor_id
        inner join of_late
            on covered.debtor_id = of_late.debtor_id
            and covered.company_id = of_late.company_id
            and covered.invoice_id = of_late.invoice_id
        where late.has_items and of_late.paid_on >= late.paid_since
    ),
    unplaced as (
        -- What names no invoice, or one that nobody knows, may be meant for it, whoever of the group has paid.
        select of_groups.*
        from of_groups
        left anti join stg_invoices as invoices
            on of_groups.debtor_id = invoices.debtor_id
            and of_groups.invoice_id = invoices.invoice_id
    ),
    late_sides as (
        -- A group is one side, however many of its debtors are party to an agreement that names what it covers.
        select distinct
            actor_id, agreement_id, group_key, case when has_items then '' else debtor_id end as payer_id, paid_since
        from late
    ),
    days as (
        -- Each agreement stands among the payments that may count for it, on the day from which they do.
        select group_key, '' as payer_id, paid_on as day, amount, null as actor_id, null as agreement_id
        from unplaced
        union all
        select group_key, debtor_id, paid_on, amount, null, null from of_late
        union all
        select group_key, payer_id, paid_since, 0, actor_id, agreement_id from late_sides
    ),
    since as (
        select *, sum(amount) over (partition by group_key, payer_id order by day desc) as paid_amount
        from days
    ),
    counted as (
        select actor_id, agreement_id, group_key, amount, is_foreign from on_covered
        union all
        select actor_id, agreement_id, group_key, paid_amount, false from since where agreement_id is not null
    ),
    summed as (
        select actor_id, agreement_id, group_key, sum(amount) as paid_amount, bool_or(is_foreign) as is_foreign
        from counted
        group by actor_id, agreement_id, group_key
    ),
    judged as (
        select
            stated.*,
            sides.group_key as side_key,
            coalesce(cast(summed.paid_amount as decimal(28, 2)), 0)
                as paid_amount,
            greatest(stated.due_instalments, 1) * coalesce(tolerances.tolerance_amount, 0) as tolerance_amount,
            coalesce(summed.is_foreign, false) as is_foreign
        from stated
        inner join sides on stated.debtor_id = sides.actor_id and stated.agreement_id = sides.agreement_id
        left join summed
            on sides.actor_id = summed.actor_id
            and sides.agreement_id = summed.agreement_id
            and sides.group_key = summed.group_key
        left join (select * from run_tolerances) as tolerances on stated.currency = tolerances.currency
    ),
    known as (
        select
            debtor_id,
            agreement_id,
            side_key as group_key,
            has_items,
            is_owed,
            -- What it says was paid and the ledger does not know leaves open what is owed, and so does another currency.
            is_kept
                or paid_amount >= due_amount
                or paid_amount + tolerance_amount > due_amount
                or paid_amount + tolerance_amount < said_amount
                or is_foreign as is_kept,
            agreed_on
        from judged
        where is_owed or is_paid or paid_amount + tolerance_amount < said_amount
    )
select * from known
