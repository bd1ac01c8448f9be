-- Purpose: one row per outbound contact: what was published or logged, and what became of it.
-- Grain: none; one row per published action or logged contact
-- Reads: stg_contact_log, raw_actions, int_accounts
-- Units: contacted_on is a date in the pipeline's time zone
-- Nulls: company, currency and cycle are null where only the log knows of the contact
-- Kind: table
with
    groups as (select distinct group_key from int_accounts),
    events as (
        select log.*
        from stg_contact_log as log
        left semi join groups on log.group_key = groups.group_key
        where cast(log.occurred_on as int) >= @history_from_day
    ),
    published as (
        select actions.*
        from raw_actions as actions
        left semi join groups on actions.group_key = groups.group_key
    ),
    outbound as (
        select
            min(group_key) as group_key,
            action_id,
            debtor_id,
            channel,
            min(regua) as regua,
            step_id,
            case when action_id is null then occurred_on end as logged_on,
            min(occurred_on) as occurred_on,
            bool_or(status in ('replied', 'answered', 'promised', 'disputed', 'opted_out', 'complained')) as is_answered,
            max(case when status in ('replied', 'answered', 'promised', 'disputed') then occurred_on end) as answered_on,
            bool_or(status in ('sent', 'delivered', 'read', 'no_answer')) as is_sent,
            bool_or(status in ('bounced', 'failed', 'ignored')) as is_not_sent
        from events
        where direction = 'outbound'
        group by action_id, debtor_id, channel, step_id, case when action_id is null then occurred_on end
    ),
    inbound as (
        select debtor_id, max(occurred_on) as answered_on
        from events
        where direction = 'inbound'
        group by debtor_id
    ),
    stated as (
        select
            *,
            case
                when is_answered then 'answered'
                when is_not_sent then 'not_sent'
                when is_sent then 'sent'
                else 'unreported'
            end as state
        from outbound
    ),
    of_actions as (
        select
            published.group_key,
            published.debtor_id,
            published.company_id,
            published.currency,
            published.cycle_id,
            published.regua,
            published.step_id,
            published.occurrence,
            published.channel,
            coalesce(stated.occurred_on, published.published_on) as contacted_on,
            coalesce(stated.state, 'unreported') as state,
            published.action_id,
            stated.answered_on
        from published
        left join stated on published.action_id = stated.action_id
    ),
    only_logged as (
        select
            stated.group_key,
            stated.debtor_id,
            cast(null as varchar) as company_id,
            cast(null as varchar) as currency,
            cast(null as varchar) as cycle_id,
            stated.regua,
            stated.step_id,
            cast(1 as bigint) as occurrence,
            stated.channel,
            stated.occurred_on as contacted_on,
            stated.state,
            stated.action_id,
            stated.answered_on
        from stated
        left anti join published on stated.action_id = published.action_id
    ),
    contacts as (
        select * from of_actions
        union all select * from only_logged
    ),
    with_inbound as (
        select
            contacts.group_key,
            contacts.debtor_id,
            contacts.company_id,
            contacts.currency,
            contacts.cycle_id,
            contacts.regua,
            contacts.step_id,
            contacts.occurrence,
            contacts.channel,
            contacts.contacted_on,
            contacts.state,
            contacts.action_id,
            greatest(contacts.answered_on, inbound.answered_on) as answered_on
        from contacts
        left join inbound on contacts.debtor_id = inbound.debtor_id
    )
select * from with_inbound
