-- Purpose: how each segment answers on each channel: what to write as `answer_rate` in the configuration.
-- Grain: company_id, currency, segment, channel
-- Reads: fct_channels
-- Units: contacts of the profile window; ratios from 0 to 1
-- Nulls: answer_rate is null where nothing arrived; segment - = no account now
-- Kind: table
with
    facts as (select * from fct_channels),
    summed as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            segment,
            channel,
            sum(accounts) as accounts,
            sum(contacts) as contacts,
            sum(answered) as answered,
            sum(bounced) as bounced,
            cast(sum(answered) as double) / nullif(cast(sum(contacts) as double), 0.0) as answer_rate
        from facts
        group by company_id, currency, segment, channel
    )
select * from summed
order by company_id, currency, segment, channel
