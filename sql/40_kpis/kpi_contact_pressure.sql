-- Purpose: how often debtors were contacted in the last seven days, those whom nobody contacted too.
-- Grain: company_id, currency, channel, contacts
-- Reads: fct_contact_pressure
-- Units: numbers of debtors with an open item
-- Nulls: none; channel * = all channels together
-- Kind: table
with
    facts as (
        select company_id, currency, channel, contacts, sum(debtors) as debtors
        from fct_contact_pressure
        group by company_id, currency, channel, contacts
    ),
    by_channel as (
        select company_id, currency, channel, sum(debtors) as debtors
        from facts
        group by company_id, currency, channel
    ),
    rest as (
        -- Who was contacted on no such channel, though perhaps on another.
        select
            by_channel.company_id,
            by_channel.currency,
            by_channel.channel,
            cast(0 as bigint) as contacts,
            everybody.debtors - by_channel.debtors as debtors
        from by_channel
        inner join by_channel as everybody
            on by_channel.company_id = everybody.company_id
            and by_channel.currency = everybody.currency
            and everybody.channel = '*'
        where by_channel.channel <> '*'
    ),
    stated as (
        select company_id, currency, channel, contacts, debtors from facts
        union all
        select company_id, currency, channel, contacts, debtors from rest where debtors > 0
    )
select @as_of as as_of_date, company_id, currency, channel, contacts, debtors
from stated
order by company_id, currency, channel, contacts
