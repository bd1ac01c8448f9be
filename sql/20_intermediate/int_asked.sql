-- Purpose: the contacts of the profile window, whether or not anything is owed still, each with what it came to: whether
--   it reached the debtor, bounced, and was answered. What was queued and never reported on says nothing of answers.
-- Grain: none; one row per action_id, or per debtor, channel and day where the log names no action
-- Reads: stg_contact_log
-- Units: answered_at and contacted_at in UTC; contacted_on is the date in the pipeline's time zone
-- Nulls: action_id where the log names none; answered_at null = no answer; contacted_at and contacted_on where no event says that it went out; company_id where the log names
--   none, or several
-- Kind: table
with
    events as (
        select
            debtor_id,
            company_id,
            channel,
            action_id,
            case when action_id is null then occurred_on end as contact_day,
            direction,
            status,
            is_answer,
            is_failure,
            occurred_at,
            occurred_on
        from stg_contact_log as log
        -- What goes to a bureau or an agency asks the debtor nothing.
        where log.occurred_on >= @window_from
            and log.status <> 'queued'
            and log.channel <> 'instruction'
            and not log.is_echo
    ),
    grouped as (
        select
            debtor_id,
            channel,
            action_id,
            case when min(company_id) = max(company_id) then min(company_id) end as company_id,
            -- Of a call that failed and one that was taken the second is the contact.
            coalesce(
                min(case when direction = 'outbound' and not is_failure then occurred_at end),
                min(case when direction = 'outbound' then occurred_at end)
            ) as contacted_at,
            coalesce(
                min(case when direction = 'outbound' and not is_failure then occurred_on end),
                min(case when direction = 'outbound' then occurred_on end)
            ) as contacted_on,
            -- What answers an action shows that it went out.
            bool_or(direction = 'outbound' or action_id is not null) as is_outbound,
            max(case when status <> 'sent' and not is_failure then occurred_at end) as confirmed_at,
            max(case when status = 'bounced' then occurred_at end) as bounced_at,
            bool_or(is_failure) as is_lost,
            min(case when is_answer then occurred_at end) as answered_at
        from events
        group by debtor_id, channel, action_id, contact_day
    ),
    judged as (
        select
            *,
            -- A message that was taken may come back hours later: the last word counts, unless somebody answered.
            answered_at is not null or coalesce(confirmed_at >= bounced_at, confirmed_at is not null) as is_confirmed
        from grouped
    ),
    stated as (
        select
            debtor_id,
            company_id,
            channel,
            action_id,
            contacted_at,
            contacted_on,
            -- It arrived, or nothing says that it did not.
            is_outbound and (is_confirmed or not is_lost) as has_reached,
            is_outbound and bounced_at is not null and not is_confirmed as has_bounced,
            answered_at
        from judged
    )
select * from stated
