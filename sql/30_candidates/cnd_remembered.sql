-- Purpose: which of the actions published earlier the next run must still know of: those that named what is open; of a
--   cycle that goes on, the last of every step in each state; duties of whoever is listed or placed; what mattered so
--   not long ago; what the contact log speaks of; and, of a cycle with any of these, the last occurrence of every step,
--   so that no id is ever given twice.
-- Grain: action_id
-- Reads: raw_actions, raw_action_items, int_contacts, int_items_aged, int_accounts, int_episodes, stg_listings, stg_placements, stg_contact_log
-- Units: needed_on is the last as-of date on which the action mattered
-- Nulls: destination null = an instruction; template_id and segment null = published by an earlier version
-- Kind: table
with
    published as (select * from raw_actions),
    contacts as (
        select action_id, min(contacted_on) as contacted_on, min(state) as state
        from int_contacts
        where action_id is not null
        group by action_id
    ),
    of_open_items as (
        select distinct named.action_id
        from raw_action_items as named
        left semi join int_items_aged as items
            on named.debtor_id = items.debtor_id
            and named.invoice_id = items.invoice_id
            and named.installment_no = items.installment_no
    ),
    accounts as (
        -- Since then what went out may be about what is owed now.
        select
            accounts.debtor_id,
            accounts.company_id,
            accounts.currency,
            least(accounts.first_issue_date, episodes.episode_start) as live_from
        from int_accounts as accounts
        left join int_episodes as episodes
            on accounts.debtor_id = episodes.debtor_id
            and accounts.company_id = episodes.company_id
            and accounts.currency = episodes.currency
    ),
    entered as (
        select debtor_id from stg_listings
        union
        select debtor_id from stg_placements
    ),
    logged as (
        select distinct action_id
        from stg_contact_log
        where action_id is not null and cast(occurred_on as int) >= @history_from_day
    ),
    stated as (
        select
            published.*,
            coalesce(contacts.contacted_on, published.published_on) as contacted_on,
            coalesce(contacts.state, 'unreported') as state,
            logged.action_id is not null as is_logged,
            of_open_items.action_id is not null as names_open_item,
            coalesce(published.cycle_id like 'duty-%', false) and entered.debtor_id is not null as is_duty,
            coalesce(coalesce(contacts.contacted_on, published.published_on) >= accounts.live_from, false) as is_live
        from published
        left join contacts on published.action_id = contacts.action_id
        left join of_open_items on published.action_id = of_open_items.action_id
        left join accounts
            on published.debtor_id = accounts.debtor_id
            and published.company_id = accounts.company_id
            and published.currency = accounts.currency
        left join entered on published.debtor_id = entered.debtor_id
        left join logged on published.action_id = logged.action_id
    ),
    ranked as (
        select
            *,
            bool_or(names_open_item or is_live) over (
                partition by debtor_id, company_id, currency, cycle_id
            ) as is_of_live_cycle,
            row_number() over (
                partition by debtor_id, company_id, currency, cycle_id, step_id, state
                order by contacted_on desc, occurrence desc, action_id desc
            ) <= @repeats_max as is_last_in_state,
            row_number() over (
                partition by debtor_id, company_id, currency, cycle_id, step_id
                order by occurrence desc, action_id desc
            ) = 1 as is_last_occurrence
        from stated
    ),
    needed as (
        select
            *,
            names_open_item
                or is_duty
                or (is_of_live_cycle and (is_last_in_state or is_last_occurrence)) as is_needed
        from ranked
    ),
    dated as (
        select *, case when is_needed then @as_of else needed_on end as last_needed_on
        from needed
    ),
    judged as (
        select *, is_logged or last_needed_on >= @remembered_from as matters
        from dated
    ),
    closed as (
        -- Of a cycle either nothing is known or the last occurrence of every step.
        select
            *,
            bool_or(matters) over (partition by debtor_id, company_id, currency, cycle_id) as is_of_known_cycle
        from judged
    ),
    remembered as (
        select
            group_key,
            action_id,
            payload_sha256,
            company_id,
            debtor_id,
            currency,
            regua,
            step_id,
            occurrence,
            cycle_id,
            channel,
            destination,
            published_on,
            last_needed_on as needed_on,
            template_id,
            segment,
            matters or (is_of_known_cycle and is_last_occurrence) as is_remembered
        from closed
    )
select *, cast(null as bigint) as level from remembered
