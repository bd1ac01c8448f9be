-- Purpose: one row per outbound contact: what was published or logged, and what became of it; and one row per debtor
--   and channel for the last time it wrote or called by itself.
-- Grain: none; one row per published action, logged contact or inbound answer
-- Reads: int_contact_events, int_contact_sessions, raw_actions, raw_voided, run_steps, int_accounts, stg_invoices
-- Units: contacted_on is a date in the pipeline's time zone
-- Nulls: company and currency are null where only the log knows of the contact and it names neither a company nor a known
--   invoice, cycle wherever only the log knows of it; invoice_id where it is known by its action, or was about more than
--   one invoice; destination where nobody says to which address it went, or to more than one
-- Kind: table
with
    published as (
        select actions.*
        from raw_actions as actions
        -- All of them, however old: an id that was published once is never given again.
        left semi join int_accounts as accounts on actions.group_key = accounts.group_key
    ),
    stated as (select * from int_contact_sessions),
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
            -- What the law asks for and a revision took back is asked for again: twice is no harm, and never is one.
            coalesce(
                stated.state,
                case when voided.action_id is not null and steps.is_duty then 'not_sent' end,
                'unreported'
            ) as state,
            published.action_id,
            -- What failed elsewhere has failed where it was to go.
            case
                when stated.state = 'not_sent' then coalesce(published.destination, stated.destination)
                else coalesce(stated.destination, published.destination)
            end as destination,
            stated.answered_on
        from published
        left join stated on published.action_id = stated.action_id
        left join raw_voided as voided on published.action_id = voided.action_id
        left join run_steps as steps on published.regua = steps.regua and published.step_id = steps.step_id
    ),
    logged as (
        select stated.*
        from stated
        left anti join published on stated.action_id = published.action_id
        where stated.occurred_on is not null
    ),
    invoices as (
        -- Of one company an invoice of a debtor is in one currency, or its debtor is held.
        select debtor_id, company_id, invoice_id, min(currency) as currency
        from stg_invoices as invoices
        left semi join logged on invoices.debtor_id = logged.debtor_id and invoices.invoice_id = logged.invoice_id
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
            logged.group_key,
            logged.debtor_id,
            -- Who contacted may be another company than the one whose invoice it was about.
            coalesce(invoices.company_id, sole_invoices.company_id, logged.company_id) as company_id,
            coalesce(invoices.currency, sole_invoices.currency) as currency,
            cast(null as varchar) as cycle_id,
            logged.regua,
            logged.step_id,
            cast(1 as bigint) as occurrence,
            logged.channel,
            logged.invoice_id,
            logged.occurred_on as contacted_on,
            logged.state,
            logged.action_id,
            logged.destination,
            logged.answered_on
        from logged
        left join invoices
            on logged.debtor_id = invoices.debtor_id
            and logged.company_id = invoices.company_id
            and logged.invoice_id = invoices.invoice_id
        left join sole_invoices
            on logged.debtor_id = sole_invoices.debtor_id
            and logged.invoice_id = sole_invoices.invoice_id
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
        from int_contact_events
        where direction = 'inbound' and status not in ('bounced', 'failed')
        group by group_key, debtor_id, channel
    ),
    contacts as (
        select * from of_actions
        union all select * from only_logged
        union all select * from inbound
    )
select * from contacts
