-- Purpose: the days on which the log tells of contacts that name no action, each with the contact that it belongs to: that which
--   was opened last on its channel, by the same company where both say which. The rule is src/domain/sessions.rs.
-- Grain: debtor_id, channel, occurred_on, company_key
-- Reads: stg_contact_log
-- Units: days in the pipeline's time zone
-- Columns: company_key = '' where the events of the day name no company; thread_no tells contacts of one day apart
-- Nulls: none
-- Kind: fold
with
    recent as (
        select
            debtor_id,
            channel,
            occurred_on,
            coalesce(company_id, '') as company_key,
            direction = 'outbound' and status in ('sent', 'answered', 'no_answer', 'wrong_party') as opens
        from stg_contact_log
        where action_id is null
            and occurred_on > @recovery_from
            and status <> 'queued'
            and channel <> 'instruction'
            and not is_echo
    )
select debtor_id, channel, occurred_on, company_key, bool_or(opens) as opens
from recent
group by debtor_id, channel, occurred_on, company_key
