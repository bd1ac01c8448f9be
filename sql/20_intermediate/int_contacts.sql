-- Purpose: one row per outbound contact: what was published or logged, and what became of it; and one row per debtor
--   and channel for the last time it wrote or called by itself.
-- Grain: none; one row per published action, logged contact or inbound answer
-- Reads: stg_contact_log, raw_actions, int_accounts, stg_invoices
-- Units: contacted_on is a date in the pipeline's time zone
-- Nulls: company and currency are null where only the log knows of the contact and it names neither a company nor a known
--   invoice, cycle wherever only the log knows of it; invoice_id where it is known by its action, or was about more than
--   one invoice; destination where nobody says to which address it went, or to more than one
-- Kind: table
with
    groups as (
        -- Older than every open item and every window: it was about other debts, and counts for nothing.
        select group_key, least(min(first_issue_date), @contacts_from) as since_on
        from int_accounts
        group by group_key
    ),
    events as (
        select
            log.*,
            -- Of events of one instant, the one that says more comes last.
            case
                when status = 'queued' then 0
                when status in ('sent', 'no_answer', 'wrong_party', 'answered') then 1
                when status in ('bounced', 'failed', 'ignored') then 2
                else 3
            end as status_rank,
            -- What a contact comes to that ends with this event.
            case
                when status = 'queued' then 0
                when status = 'wrong_party' then 2
                when status in ('bounced', 'failed') then 3
                when status = 'ignored' then 4
                else 1
            end as status_code
        from stg_contact_log as log
        inner join groups on log.group_key = groups.group_key and log.occurred_on >= groups.since_on
        where cast(log.occurred_on as int) >= @history_from_day
    ),
    published as (
        select actions.*
        from raw_actions as actions
        -- All of them, however old: an id that was published once is never given again.
        left semi join groups on actions.group_key = groups.group_key
    ),
    unnamed as (
        -- Without an action_id, every day of sending is one contact, and its first event opens it; and so does every call.
        select
            *,
            status in ('queued', 'sent') as is_send,
            status in ('answered', 'no_answer', 'wrong_party') as is_call
        from events
        where direction = 'outbound' and action_id is null
    ),
    followed as (
        select
            *,
            max(case when is_send then occurred_on end) over (
                partition by debtor_id, channel, step_id
                order by occurred_at, status_rank, event_id
                rows between unbounded preceding and 1 preceding
            ) as last_send_on
        from unnamed
    ),
    numbered as (
        -- What follows belongs to the contact opened last; what follows nothing is a contact of its day.
        select
            *,
            sum(case when is_call or (is_send and occurred_on is distinct from last_send_on) then 1 else 0 end) over (
                partition by debtor_id, channel, step_id
                order by occurred_at, status_rank, event_id
                rows between unbounded preceding and current row
            ) as contact_no
        from followed
    ),
    keyed as (
        select
            group_key, action_id, debtor_id, company_id, channel, address, regua, step_id, invoice_id, direction, status, status_rank,
            status_code, occurred_at, occurred_on,
            contact_no,
            case when contact_no = 0 then occurred_on end as day_of_contact
        from numbered
        union all
        select
            group_key, action_id, debtor_id, company_id, channel, address, regua, step_id, invoice_id, direction, status, status_rank,
            status_code, occurred_at, occurred_on,
            cast(null as bigint),
            cast(null as date)
        from events
        where action_id is not null
    ),
    ranked as (
        select
            *,
            case when action_id is null then debtor_id end as key_debtor,
            case when action_id is null then channel end as key_channel,
            case when action_id is null then step_id end as key_step
        from keyed
    ),
    contacted as (
        select
            min(group_key) as group_key,
            action_id,
            min(debtor_id) as debtor_id,
            min(channel) as channel,
            -- Of one contact the events name one company and one address, or nobody knows which.
            case when min(company_id) = max(company_id) then min(company_id) end as company_id,
            case
                when min(case when direction = 'outbound' then address end) = max(case when direction = 'outbound' then address end)
                    then min(case when direction = 'outbound' then address end)
            end as destination,
            min(regua) as regua,
            min(step_id) as step_id,
            -- Where every event names the same invoice, the contact was about that one.
            case when count(*) = count(invoice_id) and min(invoice_id) = max(invoice_id) then min(invoice_id) end as invoice_id,
            min(case when direction = 'outbound' then occurred_on end) as occurred_on,
            bool_or(status in ('replied', 'answered', 'promised', 'disputed', 'opted_out', 'complained')) as is_answered,
            max(case when status in ('replied', 'answered', 'promised', 'disputed') then occurred_on end) as answered_on,
            bool_or(status in ('delivered', 'read')) as has_arrived,
            -- The last by instant, then rank: one number that is greatest where it is last. Instants begin before 1970.
            max((cast(occurred_at as bigint) + 3000000000000000) * 32 + status_rank * 8 + status_code) % 8 as last_code,
            -- A provider that fell back to another channel has sent it.
            bool_or(status = 'sent') as was_sent,
            min(channel) <> max(channel) as by_several_channels
        from ranked
        group by action_id, key_debtor, key_channel, key_step, contact_no, day_of_contact
    ),
    stated as (
        select
            *,
            case
                when is_answered then 'answered'
                -- What has arrived was sent, whatever a webhook said afterwards.
                when last_code = 3 and not has_arrived and not (was_sent and by_several_channels) then 'not_sent'
                -- What was sent was not ignored.
                when last_code = 4 and not has_arrived and not was_sent then 'not_sent'
                when last_code = 2 then 'wrong_party'
                when last_code = 0 then 'unreported'
                else 'sent'
            end as state
        from contacted
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
            cast(null as varchar) as invoice_id,
            -- Nothing goes out before it is published, whatever the clock of a gateway says; greatest() passes over nulls.
            greatest(stated.occurred_on, published.published_on) as contacted_on,
            coalesce(stated.state, 'unreported') as state,
            published.action_id,
            coalesce(stated.destination, published.destination) as destination,
            stated.answered_on
        from published
        left join stated on published.action_id = stated.action_id
    ),
    invoices as (
        -- Of one company an invoice of a debtor is in one currency, or its debtor is held.
        select debtor_id, company_id, invoice_id, min(currency) as currency
        from stg_invoices
        group by debtor_id, company_id, invoice_id
    ),
    sole_invoices as (
        -- Two companies may number alike: then the number alone names neither.
        select debtor_id, invoice_id, min(company_id) as company_id, min(currency) as currency
        from invoices
        group by debtor_id, invoice_id
        having count(*) = 1
    ),
    only_logged as (
        select
            stated.group_key,
            stated.debtor_id,
            coalesce(stated.company_id, sole_invoices.company_id) as company_id,
            coalesce(invoices.currency, sole_invoices.currency) as currency,
            cast(null as varchar) as cycle_id,
            stated.regua,
            stated.step_id,
            cast(1 as bigint) as occurrence,
            stated.channel,
            stated.invoice_id,
            stated.occurred_on as contacted_on,
            stated.state,
            stated.action_id,
            stated.destination,
            stated.answered_on
        from stated
        left anti join published on stated.action_id = published.action_id
        left join invoices
            on stated.debtor_id = invoices.debtor_id
            and stated.company_id = invoices.company_id
            and stated.invoice_id = invoices.invoice_id
        left join sole_invoices
            on stated.debtor_id = sole_invoices.debtor_id
            and stated.invoice_id = sole_invoices.invoice_id
            and stated.company_id is null
        where stated.occurred_on is not null
    ),
    inbound as (
        -- Nobody was contacted, so it counts for no cap and no step; but the debtor has answered.
        select
            group_key,
            debtor_id,
            cast(null as varchar) as company_id,
            cast(null as varchar) as currency,
            cast(null as varchar) as cycle_id,
            cast(null as varchar) as regua,
            cast(null as varchar) as step_id,
            cast(1 as bigint) as occurrence,
            channel,
            cast(null as varchar) as invoice_id,
            max(occurred_on) as contacted_on,
            'not_sent' as state,
            cast(null as varchar) as action_id,
            cast(null as varchar) as destination,
            max(occurred_on) as answered_on
        from events
        where direction = 'inbound' and status not in ('bounced', 'failed')
        group by group_key, debtor_id, channel
    ),
    contacts as (
        select * from of_actions
        union all select * from only_logged
        union all select * from inbound
    )
select * from contacts
