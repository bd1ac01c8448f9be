-- Purpose: the shard's part of what was paid after each kind of contact. A payment belongs to the youngest contact about it in the
--   recovery days before, to that one alone.
-- Grain: company_id, currency, regua, step_id, channel, template_id, segment
-- Reads: int_outreach, int_outreach_accounts, int_item_flows, out_debtors, run_rates
-- Units: amounts in units of currency; recovered_days in units of currency x days
-- Columns: contacts = those that have had the recovery days, maturing_contacts = those that have not; all but the last are of the
--   first; contacted_amount = open on the evening before, of what was due by the end of the recovery days; attributed_amount = what
--   was paid, recovered_amount = at most what was open; costs = contacts whose cost is known; foreign_costs = of them, those in
--   another currency that nobody quotes
-- Nulls: cost_amount where no cost is known; where nobody knows what was open at the first of these contacts, all amounts but the cost
-- Kind: table
with
    contacts as (select * from int_outreach),
    pairs as (select * from int_outreach_accounts),
    reached as (
        select pairs.account_key, contacts.contact_no, contacts.contacted_on
        from pairs
        inner join contacts on pairs.contact_no = contacts.contact_no
        where contacts.has_reached
    ),
    flows as (
        select
            flows.account_key,
            flows.flowed_on,
            flows.billed_amount - flows.paid_amount - flows.credited_amount - flows.written_off_amount as open_change,
            flows.kept_amount,
            -- A contact is about what was issued before its day and due by the end of its recovery days.
            greatest(cast(flows.issue_date as int) + 1, cast(flows.due_date as int) - @recovery_days) as asked_from
        from int_item_flows as flows
        left semi join reached on flows.account_key = reached.account_key
        -- What was settled before the first contact was asked for by none.
        where @known_from <= @recovery_from and coalesce(flows.open_until > @recovery_from, true)
    ),
    owed as (
        select
            account_key,
            cast(greatest(cast(flowed_on as int) + 1, asked_from, @recovery_from_day) as date) as open_from,
            sum(open_change) as open_change
        from flows
        group by account_key, cast(greatest(cast(flowed_on as int) + 1, asked_from, @recovery_from_day) as date)
    ),
    contacted as (
        select reached.contact_no, reached.account_key, cast(sum(owed.open_change) as decimal(28, 2)) as contacted_amount
        from reached
        inner join owed on reached.account_key = owed.account_key and owed.open_from <= reached.contacted_on
        group by reached.contact_no, reached.account_key
    ),
    payments as (
        select
            account_key,
            flowed_on as paid_on,
            cast(
                greatest(asked_from, cast(flowed_on as int) - @recovery_days, @recovery_from_day)
                as date
            ) as asked_from,
            sum(kept_amount) as amount
        from flows
        where kept_amount > 0 and cast(flowed_on as int) >= @recovery_from_day
        group by
            account_key,
            flowed_on,
            cast(greatest(asked_from, cast(flowed_on as int) - @recovery_days, @recovery_from_day) as date)
    ),
    attributed as (
        -- Contacts are numbered in the order of time.
        select
            payments.account_key,
            payments.paid_on,
            payments.asked_from,
            payments.amount,
            max(reached.contact_no) as contact_no,
            max(reached.contacted_on) as contacted_on
        from payments
        inner join reached
            on payments.account_key = reached.account_key
            and reached.contacted_on >= payments.asked_from
            and reached.contacted_on <= payments.paid_on
        group by payments.account_key, payments.paid_on, payments.asked_from, payments.amount
    ),
    recovered as (
        select
            contact_no,
            account_key,
            cast(sum(amount) as decimal(28, 2)) as attributed_amount,
            cast(sum(amount * (cast(paid_on as int) - cast(contacted_on as int))) as decimal(28, 2)) as recovered_days
        from attributed
        group by contact_no, account_key
    ),
    stated as (
        select
            pairs.company_id,
            pairs.currency,
            contacts.regua,
            contacts.step_id,
            contacts.channel,
            coalesce(contacts.template_id, '-') as template_id,
            coalesce(contacts.segment, debtors.segment, '-') as segment,
            contacts.debtor_id,
            contacts.has_reached,
            contacts.contacted_on <= @recovery_to as is_mature,
            contacts.is_delivered,
            contacts.is_read,
            contacts.is_answered,
            contacts.has_bounced,
            contacts.has_opted_out,
            contacts.has_complained,
            greatest(coalesce(contacted.contacted_amount, 0), 0) as contacted_amount,
            coalesce(recovered.attributed_amount, 0) as attributed_amount,
            coalesce(recovered.recovered_days, 0) as recovered_days,
            case
                when pairs.is_first and contacts.cost_currency <> pairs.currency
                    then cast(contacts.cost * coalesce(rates.rate, cast(1 as decimal(18, 8))) as decimal(18, 8))
                when pairs.is_first then contacts.cost
            end as cost,
            coalesce(contacts.cost_currency <> pairs.currency, false) and rates.rate is null as is_foreign_cost
        from pairs
        inner join contacts on pairs.contact_no = contacts.contact_no
        left join (select debtor_id, company_id, currency, segment from out_debtors) as debtors
            on contacts.debtor_id = debtors.debtor_id
            and pairs.company_id = debtors.company_id
            and pairs.currency = debtors.currency
        left join run_rates as rates
            on contacts.cost_currency = rates.from_currency
            and pairs.currency = rates.to_currency
        left join contacted on pairs.contact_no = contacted.contact_no and pairs.account_key = contacted.account_key
        left join recovered on pairs.contact_no = recovered.contact_no and pairs.account_key = recovered.account_key
    ),
    counted as (
        select *, has_reached and is_mature as counts
        from stated
    ),
    grouped as (
        select
            company_id,
            currency,
            regua,
            step_id,
            channel,
            template_id,
            segment,
            count(case when counts then 1 end) as contacts,
            count(case when has_reached and not is_mature then 1 end) as maturing_contacts,
            count(distinct case when counts then debtor_id end) as debtors,
            count(case when counts and is_delivered then 1 end) as delivered,
            count(case when counts and is_read then 1 end) as read,
            count(case when counts and is_answered then 1 end) as answered,
            count(case when is_mature and has_bounced then 1 end) as bounced,
            count(case when counts and has_opted_out then 1 end) as opted_out,
            count(case when counts and has_complained then 1 end) as complained,
            sum(case when counts then contacted_amount else 0 end) as contacted_amount,
            sum(case when counts then least(attributed_amount, contacted_amount) else 0 end) as recovered_amount,
            sum(case when counts then attributed_amount else 0 end) as attributed_amount,
            sum(case when counts then recovered_days else 0 end) as recovered_days,
            sum(case when is_mature and not is_foreign_cost then cost end) as cost_amount,
            count(case when is_mature and is_foreign_cost then cost end) as foreign_costs
        from counted
        group by company_id, currency, regua, step_id, channel, template_id, segment
    ),
    typed as (
        select
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
            cast(case when @known_from <= @recovery_from then contacted_amount end as decimal(28, 2)) as contacted_amount,
            cast(case when @known_from <= @recovery_from then recovered_amount end as decimal(28, 2)) as recovered_amount,
            cast(case when @known_from <= @recovery_from then attributed_amount end as decimal(28, 2)) as attributed_amount,
            cast(case when @known_from <= @recovery_from then recovered_days end as decimal(28, 2)) as recovered_days,
            cast(cost_amount as decimal(28, 8)) as cost_amount,
            foreign_costs
        from grouped
    )
select * from typed
