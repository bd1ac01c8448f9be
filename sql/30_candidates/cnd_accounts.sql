-- Purpose: the accounts to decide on, with their profile, their episode and the segment of the last published run.
-- Grain: debtor_id, company_id, currency
-- Reads: int_accounts, int_profiles, int_episodes, raw_positions, cnd_debtors
-- Units: amounts in units of currency; months are whole calendar months as a customer
-- Nulls: as in int_profiles; previous_segment null = no account then
-- Kind: table
with
    accounts as (select * from int_accounts),
    profiles as (select * from int_profiles),
    episodes as (select * from int_episodes),
    positions as (select * from raw_positions),
    known as (
        -- A relationship that starts later does not exist yet.
        select group_key, group_id, debtor_id, case when customer_since <= @as_of then customer_since end as customer_since
        from cnd_debtors
    ),
    debtors as (
        select
            group_key,
            group_id,
            debtor_id,
            12 * (date_part('year', @as_of) - date_part('year', customer_since))
                + date_part('month', @as_of)
                - date_part('month', customer_since) as months,
            -- A month that began on the 31st is whole on the last day of a shorter one.
            date_part('day', @as_of) < date_part('day', customer_since)
                and date_part('day', @as_of + interval '1 day') <> 1 as is_begun
        from known
    ),
    joined as (
        select
            debtors.group_key,
            debtors.group_id,
            accounts.debtor_id,
            accounts.company_id,
            accounts.currency,
            accounts.credit_amount,
            accounts.shared_credit_amount,
            accounts.promise_broken,
            accounts.agreement_broken,
            cast(accounts.account_rank as bigint) as account_rank,
            episodes.episode_start,
            positions.segment as previous_segment,
            cast(debtors.months - case when debtors.is_begun then 1 else 0 end as bigint) as months_as_customer,
            profiles.items_due,
            profiles.paid_on_time,
            profiles.paid_late,
            profiles.late_ratio,
            profiles.days_late_avg,
            profiles.days_late_max,
            profiles.last_payment_on,
            profiles.last_payment_days,
            profiles.largest_payment,
            profiles.next_payment_on,
            profiles.broken_promises,
            profiles.broken_agreements,
            profiles.contacts,
            profiles.answer_ratio,
            profiles.bounces
        from accounts
        inner join debtors on accounts.debtor_id = debtors.debtor_id
        inner join profiles
            on accounts.debtor_id = profiles.debtor_id
            and accounts.company_id = profiles.company_id
            and accounts.currency = profiles.currency
        inner join episodes
            on accounts.debtor_id = episodes.debtor_id
            and accounts.company_id = episodes.company_id
            and accounts.currency = episodes.currency
        left join positions
            on accounts.debtor_id = positions.debtor_id
            and accounts.company_id = positions.company_id
            and accounts.currency = positions.currency
    )
select * from joined
order by group_key, group_id, debtor_id, company_id, currency
