-- Purpose: what was paid in the days after each kind of contact, and what the contacts cost. What followed a contact was not
--   necessarily its effect: experiments tell that.
-- Grain: company_id, currency, regua, step_id, channel, template_id, segment
-- Reads: fct_recovery
-- Units: amounts in units of currency; recovery_rate from 0 to 1
-- Nulls: a ratio without a denominator; the cost where none is known, or one is in a currency that
--   nobody quotes; with the scope "open" all amounts but the cost until the recovery window was observed
-- Kind: table
with
    facts as (select * from fct_recovery),
    summed as (
        select
            company_id,
            currency,
            regua,
            step_id,
            channel,
            template_id,
            segment,
            sum(contacts) as contacts,
            sum(maturing_contacts) as maturing_contacts,
            sum(debtors) as debtors,
            sum(delivered) as delivered,
            sum(read) as read,
            sum(answered) as answered,
            sum(bounced) as bounced,
            sum(opted_out) as opted_out,
            sum(complained) as complained,
            cast(sum(contacted_amount) as decimal(18, 2)) as contacted_amount,
            cast(sum(recovered_amount) as decimal(18, 2)) as recovered_amount,
            sum(attributed_amount) as attributed_amount,
            sum(recovered_days) as recovered_days,
            cast(round(case when sum(foreign_costs) = 0 then sum(cost_amount) end, 2) as decimal(18, 2)) as cost_amount
        from facts
        group by company_id, currency, regua, step_id, channel, template_id, segment
    ),
    stated as (
        select
            @as_of as as_of_date,
            company_id,
            currency,
            regua,
            step_id,
            channel,
            template_id,
            segment,
            contacts,
            maturing_contacts,
            debtors,
            delivered,
            read,
            answered,
            bounced,
            opted_out,
            complained,
            contacted_amount,
            recovered_amount,
            cast(recovered_amount as double) / nullif(cast(contacted_amount as double), 0.0) as recovery_rate,
            cast(recovered_days as double) / nullif(cast(attributed_amount as double), 0.0) as days_to_cash_avg,
            cost_amount,
            cast(cost_amount as double) / nullif(cast(recovered_amount as double), 0.0) as cost_per_recovered,
            case when @scope_open = 1 then 'observed' else 'ledger' end as basis
        from summed
    )
select * from stated
order by company_id, currency, regua, step_id, channel, template_id, segment
