-- Purpose: the contacts of the profile window whose outcome days are over, each with whether a payment or a promise to pay came within
--   them, on the day of the contact or later. What is still young, or never reached the debtor, says nothing.
-- Grain: debtor_id, company_id, channel, contacted_at
-- Reads: int_asked, int_payments, stg_promises, stg_contact_log
-- Units: contacted_at in UTC
-- Columns: has_succeeded = a payment that was not taken back, or a promise, of the company where the contact names one
-- Nulls: company_id where the contact names none, or several
-- Kind: view
with
    contacts as (
        -- What went out at one instant is one contact.
        select debtor_id, company_id, channel, contacted_at, min(contacted_on) as contacted_on
        from int_asked
        where has_reached and cast(contacted_on as int) + @outcome_days < @as_of_day
        group by debtor_id, company_id, channel, contacted_at
    ),
    outcomes as (
        select debtor_id, company_id, paid_on as came_on from int_payments
        union
        select debtor_id, company_id, promised_on from stg_promises
        union
        select debtor_id, company_id, occurred_on from stg_contact_log where status = 'promised' and not is_echo
    ),
    judged as (
        select
            contacts.debtor_id,
            contacts.company_id,
            contacts.channel,
            contacts.contacted_at,
            count(outcomes.came_on) > 0 as has_succeeded
        from contacts
        left join outcomes
            on contacts.debtor_id = outcomes.debtor_id
            and coalesce(contacts.company_id = outcomes.company_id, true)
            and outcomes.came_on >= contacts.contacted_on
            and cast(outcomes.came_on as int) <= cast(contacts.contacted_on as int) + @outcome_days
        group by contacts.debtor_id, contacts.company_id, contacts.channel, contacts.contacted_at
    )
select * from judged
