-- Purpose: the debtors to decide on, with what is known of them.
-- Grain: debtor_id
-- Reads: int_accounts, stg_debtors, raw_held_debtors
-- Units: none
-- Nulls: legal_name null = the snapshot does not know this debtor, and it is held
-- Kind: table
with
    accounts as (select min(group_key) as group_key, debtor_id from int_accounts group by debtor_id),
    debtors as (select * from stg_debtors),
    held as (select distinct debtor_id from raw_held_debtors),
    joined as (
        select
            accounts.group_key,
            coalesce(debtors.group_id, accounts.debtor_id) as group_id,
            accounts.debtor_id,
            debtors.legal_name,
            debtors.language,
            debtors.country,
            debtors.state,
            debtors.city,
            debtors.time_zone,
            debtors.regua,
            debtors.dunning_block,
            coalesce(debtors.is_insolvent, false) as is_insolvent,
            debtors.legal_name is null or held.debtor_id is not null as is_held,
            debtors.collector_id,
            debtors.tier,
            debtors.customer_since
        from accounts
        left join debtors on accounts.debtor_id = debtors.debtor_id
        left join held on accounts.debtor_id = held.debtor_id
    )
select * from joined
order by group_key, group_id, debtor_id
