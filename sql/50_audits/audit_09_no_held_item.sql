-- Purpose: no action cites an item that is disputed, returned, blocked, in grace, promised or in a kept agreement; what
--   is owed to the debtor (removal, release, recall) passes all of these.
-- Grain: none; one row per finding
-- Reads: out_actions, out_action_items, cnd_items, out_items
-- Units: none
-- Nulls: none
-- Kind: audit
with
    duties as (
        select action_id from out_actions
        where step_kind in ('negativacao_removal', 'protesto_release', 'agency_recall')
    ),
    cited as (
        select cited.*
        from out_action_items as cited
        left anti join duties on cited.action_id = duties.action_id
    ),
    items as (select * from cnd_items),
    position as (select debtor_id, company_id, invoice_id, installment_no, item_hold from out_items where item_hold is not null),
    spoken_for as (
        select
            debtor_id,
            company_id,
            invoice_id,
            installment_no,
            case
                when is_disputed then 'dispute_open'
                when is_returned then 'goods_return_open'
                when in_kept_agreement then 'agreement_kept'
                when promise_pending then 'promise_pending'
                when dunning_block is not null then 'blocked_item'
                when grace_until >= @as_of then 'grace_until'
                when agency_id is not null then 'with_agency'
            end as reason
        from items
        union all
        select debtor_id, company_id, invoice_id, installment_no, item_hold from position
    ),
    findings as (
        select
            cited.action_id as subject,
            'no action' as expected,
            spoken_for.reason as actual,
            cited.invoice_id as difference
        from cited
        inner join spoken_for
            on cited.debtor_id = spoken_for.debtor_id
            and cited.company_id = spoken_for.company_id
            and cited.invoice_id = spoken_for.invoice_id
            and cited.installment_no = spoken_for.installment_no
        where spoken_for.reason is not null
    )
select * from findings
