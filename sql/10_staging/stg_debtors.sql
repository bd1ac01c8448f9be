-- Purpose: debtors with the group whose contacts are counted together.
-- Grain: debtor_id
-- Reads: raw_debtors
-- Units: none
-- Nulls: kept: what is not known is not guessed
-- Kind: view
with
    snapshot as (select * from raw_debtors),
    renamed as (
        select
            group_key,
            group_text as group_id,
            debtor_id,
            legal_name,
            language,
            country,
            state,
            city,
            time_zone,
            customer_since,
            regua,
            dunning_block,
            coalesce(is_insolvent, false) as is_insolvent,
            collector_id,
            tier
        from snapshot
    )
select * from renamed
