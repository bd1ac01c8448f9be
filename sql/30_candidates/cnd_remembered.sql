-- Purpose: which of the actions published earlier the next run must still know of: those that named what is open, were
--   published since the oldest open item of their account was issued, are duties of whoever is listed or placed, or
--   mattered so not long ago; those that the contact log speaks of; and, of a cycle with any of these, for every step
--   the last one in each state and the last occurrence, so that no id is ever given twice.
-- Grain: action_id
-- Reads: raw_actions, raw_action_items, int_contacts, int_items_aged, int_accounts, stg_listings, stg_placements, stg_contact_log
-- Units: needed_on is the last as-of date on which the action mattered
-- Nulls: destination null = an instruction
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
    accounts as (select debtor_id, company_id, currency, first_issue_date from int_accounts),
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
            of_open_items.action_id is not null
                or coalesce(coalesce(contacts.contacted_on, published.published_on) >= accounts.first_issue_date, false)
                or (published.cycle_id like 'duty-%' and entered.debtor_id is not null) as is_needed
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
    dated as (
        select *, case when is_needed then @as_of else needed_on end as last_needed_on
        from stated
    ),
    judged as (
        select *, is_logged or last_needed_on >= @remembered_from as matters
        from dated
    ),
    ranked as (
        select
            *,
            bool_or(matters) over (partition by debtor_id, company_id, currency, cycle_id) as is_of_known_cycle,
            row_number() over (
                partition by debtor_id, company_id, currency, cycle_id, step_id, state
                order by contacted_on desc, occurrence desc, action_id desc
            ) as state_rank,
            row_number() over (
                partition by debtor_id, company_id, currency, cycle_id, step_id
                order by occurrence desc, action_id desc
            ) as occurrence_rank
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
            matters or (is_of_known_cycle and (state_rank = 1 or occurrence_rank = 1)) as is_remembered
        from ranked
    )
select * from remembered
