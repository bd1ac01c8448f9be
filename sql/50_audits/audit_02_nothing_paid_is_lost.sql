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
    charges as (
        -- Every reversal may take back charges too, which are no principal.
        select
            debtor_id,
            payment_id,
            sum(case when kind = 'charges' then abs(amount) else 0 end) as charges_amount,
            bool_and(kind = 'charges') as is_all
        from stg_payments
        where reverses is null
        group by debtor_id, payment_id
        having bool_or(kind = 'charges')
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
    said as (
        select
            debtor_id,
            root_id,
            kind,
            sum(case when is_reversal then abs(amount) else amount end) as amount,
            count(case when is_reversal then 1 end) as reversals
        from stated
        group by debtor_id, root_id, kind
    ),
    done as (
        -- A reversal may take back parts of either sign.
        select
            debtor_id,
            root_id,
            kind,
            sum(case when is_reversal then abs(effect_amount) else effect_amount end) as amount
        from parts
        group by debtor_id, root_id, kind
    ),
    of_payments as (
        select
            concat(coalesce(said.kind, done.kind), ' ', coalesce(said.root_id, done.root_id)) as subject,
            coalesce(said.amount, 0) as expected,
            coalesce(done.amount, 0) as actual,
            coalesce(charges.charges_amount * said.reversals, 0) as charges_amount
        from said
        full join done
            on said.debtor_id = done.debtor_id
            and said.root_id = done.root_id
            and said.kind = done.kind
        left join charges
            on said.debtor_id = charges.debtor_id
            and said.root_id = charges.payment_id
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
