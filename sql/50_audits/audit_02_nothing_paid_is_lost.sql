-- Purpose: what payments and credit notes say is what they do, and what they do is applied to items, is credit, or has found
--   no place: by debtor and kind up to the parts, by company and currency from there to the ledger.
-- Grain: none; one row per finding
-- Reads: stg_payments, stg_credit_notes, int_payment_parts, int_items, int_gone_items, int_payment_applications, int_credits
-- Units: amounts in units of currency
-- Nulls: company_id null = named by nothing
-- Kind: audit
with
    payments as (select * from stg_payments where kind <> 'charges'),
    parts as (select * from int_payment_parts),
    charged as (select distinct debtor_id, payment_id from stg_payments where kind = 'charges' and reverses is null),
    charges as (
        -- Every reversal may take back charges too, which are no principal.
        select
            debtor_id,
            payment_id,
            sum(case when kind = 'charges' then abs(amount) else 0 end) as charges_amount,
            bool_and(kind = 'charges') as is_all
        from (
            select payments.debtor_id, payments.payment_id, payments.kind, payments.amount
            from charged
            right semi join stg_payments as payments
                on charged.debtor_id = payments.debtor_id
                and charged.payment_id = payments.payment_id
            where payments.reverses is null
        ) as paid
        group by debtor_id, payment_id
    ),
    stated as (
        select payments.debtor_id, root_id, kind, reverses is not null as is_reversal, effect_amount as amount
        from payments
        left anti join (select * from charges where is_all) as only_charges
            on payments.debtor_id = only_charges.debtor_id
            and payments.root_id = only_charges.payment_id
        union all
        select debtor_id, credit_note_id, 'credit_note', false, amount from stg_credit_notes
    ),
    said_and_done as (
        -- A reversal may take back parts of either sign.
        select
            debtor_id,
            root_id,
            kind,
            case when is_reversal then abs(amount) else amount end as said_amount,
            cast(0 as decimal(18, 2)) as done_amount,
            case when is_reversal then 1 else 0 end as reversals
        from stated
        union all
        select
            debtor_id,
            root_id,
            kind,
            cast(0 as decimal(18, 2)),
            case when is_reversal then abs(effect_amount) else effect_amount end,
            0
        from parts
    ),
    different as (
        select
            debtor_id,
            root_id,
            kind,
            sum(said_amount) as said_amount,
            sum(done_amount) as done_amount,
            sum(reversals) as reversals
        from said_and_done
        group by debtor_id, root_id, kind
        having sum(said_amount) <> sum(done_amount)
    ),
    of_payments as (
        select
            concat(different.kind, ' ', different.root_id) as subject,
            different.said_amount as expected,
            different.done_amount as actual,
            coalesce(charges.charges_amount * different.reversals, 0) as charges_amount
        from different
        left join charges
            on different.debtor_id = charges.debtor_id
            and different.root_id = charges.payment_id
    ),
    effects as (
        select coalesce(company_id, '-') as company_id, currency, sum(effect_amount) as amount
        from parts
        group by coalesce(company_id, '-'), currency
    ),
    of_items as (
        select company_id, currency, applied_amount as amount from int_items
        union all
        select gone.company_id, gone.currency, applications.applied_amount
        from int_gone_items as gone
        inner join int_payment_applications as applications on gone.item_key = applications.item_key
        union all
        select coalesce(company_id, '-'), currency, credit_amount + unmatched_amount from int_credits
    ),
    ledger as (
        select company_id, currency, sum(amount) as amount
        from of_items
        group by company_id, currency
    ),
    of_ledger as (
        select
            concat(coalesce(effects.company_id, ledger.company_id), ' ', coalesce(effects.currency, ledger.currency)) as subject,
            coalesce(effects.amount, 0) as expected,
            coalesce(ledger.amount, 0) as actual
        from effects
        full join ledger on effects.company_id = ledger.company_id and effects.currency = ledger.currency
    ),
    findings as (
        select
            subject,
            cast(expected as varchar) as expected,
            cast(actual as varchar) as actual,
            cast(actual - expected as varchar) as difference
        from of_payments
        where abs(actual - expected) > charges_amount
        union all
        select subject, cast(expected as varchar), cast(actual as varchar), cast(actual - expected as varchar)
        from of_ledger
        where actual <> expected
    )
select * from findings
