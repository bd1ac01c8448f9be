-- Purpose: the contacts of the recovery window, of everybody, whether or not anything is owed still: messages and calls, each
--   with what it came to. Of an action all events are one contact. Of those that name none every day of sending or calling by a
--   company is one, with all that follows on its channel before the next.
-- Grain: contact_no
-- Reads: stg_contact_log, int_outreach_days, raw_actions
-- Units: contacted_on is a date in the pipeline's time zone; cost in units of cost_currency
-- Columns: contact_no = their order in time, debtor by debtor; has_reached = it arrived, or may have
-- Nulls: company and currency where only the log knows of the contact and does not say; invoice_id where an action or nothing
--   says what it was about; template_id and segment where no published action is known; the cost where nobody says
-- Kind: table
with
    recent as (
        select
            *,
            -- Beyond these it is mistyped, and no figure is better than a wrong one.
            case when cost >= 0 and cost < 1000000 then cost end as sound_cost,
            coalesce(company_id, '') as company_key
        from stg_contact_log
        where occurred_on > @recovery_from and status <> 'queued' and channel <> 'instruction' and not is_echo
    ),
    events as (
        select
            recent.*,
            case when recent.action_id is null then days.contact_day end as contact_day,
            case when recent.action_id is null then days.thread_no end as thread_no
        from recent
        left join int_outreach_days as days
            on recent.debtor_id = days.debtor_id
            and recent.channel = days.channel
            and recent.occurred_on = days.occurred_on
            and recent.company_key = days.company_key
    ),
    logged as (
        select
            debtor_id,
            channel,
            action_id,
            min(occurred_at) as first_at,
            min(occurred_on) as contacted_on,
            min(company_id) as company_id,
            min(invoice_id) as invoice_id,
            min(regua) as regua,
            min(step_id) as step_id,
            min(agent_id) as agent_id,
            min(agency_id) as agency_id,
            max(sound_cost) as cost,
            min(case when sound_cost is not null then cost_currency end) as cost_currency,
            -- What answers an action shows that it went out.
            bool_or(direction = 'outbound' or action_id is not null) as is_outbound,
            max(case when status <> 'sent' and not is_failure then occurred_at end) as confirmed_at,
            max(case when status = 'bounced' then occurred_at end) as bounced_at,
            bool_or(is_failure) as is_lost,
            bool_or(status not in ('sent', 'no_answer') and not is_failure) as is_delivered,
            bool_or(status = 'read' or is_answer) as is_read,
            bool_or(is_answer) as is_answered,
            bool_or(status = 'opted_out') as has_opted_out,
            bool_or(status = 'complained') as has_complained
        from events
        group by debtor_id, channel, action_id, contact_day, thread_no
    ),
    judged as (
        select
            *,
            -- As in int_asked: the last word counts, unless somebody answered.
            is_answered or coalesce(confirmed_at >= bounced_at, confirmed_at is not null) as is_confirmed
        from logged
    ),
    published as (
        select * from raw_actions
        where published_on > @recovery_from and published_on <= @as_of and channel <> 'instruction'
    ),
    of_log as (
        select
            logged.debtor_id,
            coalesce(actions.company_id, logged.company_id) as company_id,
            actions.currency,
            case when actions.action_id is null then logged.invoice_id end as invoice_id,
            coalesce(actions.regua, logged.regua, '-') as regua,
            coalesce(actions.step_id, logged.step_id, '-') as step_id,
            logged.channel,
            actions.template_id,
            actions.segment,
            greatest(logged.contacted_on, actions.published_on) as contacted_on,
            logged.first_at,
            logged.action_id,
            logged.agent_id,
            logged.agency_id,
            logged.cost,
            logged.cost_currency,
            logged.is_confirmed or not logged.is_lost as has_reached,
            logged.is_delivered and logged.is_confirmed as is_delivered,
            logged.is_read and logged.is_confirmed as is_read,
            logged.is_answered,
            logged.bounced_at is not null and not logged.is_confirmed as has_bounced,
            logged.has_opted_out,
            logged.has_complained
        from judged as logged
        left join raw_actions as actions on logged.action_id = actions.action_id
        where logged.is_outbound
    ),
    unreported as (
        select published.*
        from published
        left anti join logged on published.action_id = logged.action_id
    ),
    contacts as (
        select * from of_log
        union all
        select
            debtor_id,
            company_id,
            currency,
            cast(null as varchar),
            regua,
            step_id,
            channel,
            template_id,
            segment,
            published_on,
            cast(null as timestamp),
            action_id,
            cast(null as varchar),
            cast(null as varchar),
            cast(null as decimal(18, 8)),
            cast(null as varchar),
            true,
            false,
            false,
            false,
            false,
            false,
            false
        from unreported
    ),
    numbered as (
        select
            row_number() over (
                order by debtor_id, contacted_on, first_at nulls first, channel, action_id, company_id, invoice_id
            ) as contact_no,
            contacts.*
        from contacts
    )
select * from numbered
