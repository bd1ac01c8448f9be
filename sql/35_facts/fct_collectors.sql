-- Purpose: the shard's part of what collectors and agencies are in charge of, and what they did in the last 30 days.
-- Grain: company_id, currency, owner_kind, owner_id
-- Reads: int_item_owners, int_item_flows, int_outreach, int_outreach_accounts, int_promise_outcomes, out_actions, run_rates
-- Units: amounts in units of currency
-- Columns: collected_amount = paid in the last 30 days on what they are in charge of now; tasks = calls of this run; contacts and
--   cost = of the contacts that they made, a contact about several accounts in each; promises = of their items
-- Nulls: collected_amount where items are gone once they are settled; cost_amount where no cost is known
-- Kind: table
with
    owners as (select * from int_item_owners),
    owned as (
        select
            company_id,
            currency,
            owner_kind,
            owner_id,
            count(distinct debtor_id) as debtors,
            count(*) as items,
            cast(sum(open_amount) as decimal(28, 2)) as open_amount,
            cast(sum(case when is_overdue then open_amount else cast(0 as decimal(18, 2)) end) as decimal(28, 2)) as overdue_amount
        from owners
        where open_amount > 0
        group by company_id, currency, owner_kind, owner_id
    ),
    collected as (
        select owners.company_id, owners.currency, owners.owner_kind, owners.owner_id, sum(flows.paid_amount) as collected_amount
        from owners
        inner join int_item_flows as flows
            on owners.item_key = flows.item_key
            and cast(flows.flowed_on as int) > @as_of_day - 30
        where @scope_open = 0
        group by owners.company_id, owners.currency, owners.owner_kind, owners.owner_id
    ),
    tasks as (
        select
            company_id,
            currency,
            case when agency_id is not null then 'agency' when collector_id is not null then 'collector' else 'none' end
                as owner_kind,
            coalesce(agency_id, collector_id, '-') as owner_id,
            count(*) as tasks
        from out_actions
        where channel = 'phone'
        group by
            company_id,
            currency,
            case when agency_id is not null then 'agency' when collector_id is not null then 'collector' else 'none' end,
            coalesce(agency_id, collector_id, '-')
    ),
    made as (
        -- What goes out by itself nobody made.
        select *, case when agency_id is not null then 'agency' else 'collector' end as owner_kind
        from int_outreach
        where cast(contacted_on as int) > @as_of_day - 30
            and has_reached
            and coalesce(agency_id, agent_id) is not null
    ),
    contacts as (
        select
            pairs.company_id,
            pairs.currency,
            made.owner_kind,
            coalesce(made.agency_id, made.agent_id) as owner_id,
            count(*) as contacts,
            count(case when made.is_answered then 1 end) as answered,
            sum(
                case
                    when not pairs.is_first then null
                    when made.cost_currency <> pairs.currency then cast(made.cost * rates.rate as decimal(18, 8))
                    else made.cost
                end
            ) as cost_amount,
            count(
                case when pairs.is_first and made.cost_currency <> pairs.currency and rates.rate is null then made.cost end
            ) as foreign_costs
        from made
        inner join int_outreach_accounts as pairs on made.contact_no = pairs.contact_no
        left join run_rates as rates
            on made.cost_currency = rates.from_currency
            and pairs.currency = rates.to_currency
        group by pairs.company_id, pairs.currency, made.owner_kind, coalesce(made.agency_id, made.agent_id)
    ),
    promisers as (select distinct debtor_id from int_promise_outcomes),
    promised_owners as (
        select owners.*
        from promisers
        right semi join owners on promisers.debtor_id = owners.debtor_id
    ),
    of_invoices as (
        -- One promise, one owner: where an invoice has several, the first.
        select
            debtor_id,
            company_id,
            invoice_id,
            min(owner_kind) as owner_kind,
            first_value(owner_id order by owner_kind, owner_id) as owner_id
        from promised_owners
        group by debtor_id, company_id, invoice_id
    ),
    of_accounts as (
        select
            debtor_id,
            company_id,
            currency,
            min(owner_kind) as owner_kind,
            first_value(owner_id order by owner_kind, owner_id) as owner_id
        from promised_owners
        group by debtor_id, company_id, currency
    ),
    promised as (
        select
            outcomes.company_id,
            outcomes.currency,
            outcomes.outcome,
            coalesce(of_invoices.owner_kind, of_accounts.owner_kind, 'none') as owner_kind,
            coalesce(of_invoices.owner_id, of_accounts.owner_id, '-') as owner_id
        from int_promise_outcomes as outcomes
        left join of_invoices
            on outcomes.debtor_id = of_invoices.debtor_id
            and outcomes.company_id = of_invoices.company_id
            and outcomes.invoice_id = of_invoices.invoice_id
        left join of_accounts
            on outcomes.debtor_id = of_accounts.debtor_id
            and outcomes.company_id = of_accounts.company_id
            and outcomes.currency = of_accounts.currency
    ),
    promises as (
        select
            company_id,
            currency,
            owner_kind,
            owner_id,
            count(case when outcome = 'kept' then 1 end) as promises_kept,
            count(case when outcome = 'broken' then 1 end) as promises_broken
        from promised
        where outcome <> 'pending'
        group by company_id, currency, owner_kind, owner_id
    ),
    parts as (
        -- What they are in charge of, what it brought and what they did, one below the other.
        select
            company_id,
            currency,
            owner_kind,
            owner_id,
            debtors,
            items,
            open_amount,
            overdue_amount,
            cast(null as decimal(28, 2)) as collected_amount,
            cast(0 as bigint) as tasks,
            cast(0 as bigint) as contacts,
            cast(0 as bigint) as answered,
            cast(null as decimal(28, 8)) as cost_amount,
            cast(0 as bigint) as foreign_costs,
            cast(0 as bigint) as promises_kept,
            cast(0 as bigint) as promises_broken
        from owned
        union all
        select
            company_id, currency, owner_kind, owner_id, 0, 0, cast(0 as decimal(28, 2)), cast(0 as decimal(28, 2)),
            cast(collected_amount as decimal(28, 2)), 0, 0, 0, cast(null as decimal(28, 8)), 0, 0, 0
        from collected
        union all
        select
            company_id, currency, owner_kind, owner_id, 0, 0, cast(0 as decimal(28, 2)), cast(0 as decimal(28, 2)),
            cast(null as decimal(28, 2)), tasks, 0, 0, cast(null as decimal(28, 8)), 0, 0, 0
        from tasks
        union all
        select
            company_id, currency, owner_kind, owner_id, 0, 0, cast(0 as decimal(28, 2)), cast(0 as decimal(28, 2)),
            cast(null as decimal(28, 2)), 0, contacts, answered, cast(cost_amount as decimal(28, 8)), foreign_costs, 0, 0
        from contacts
        union all
        select
            company_id, currency, owner_kind, owner_id, 0, 0, cast(0 as decimal(28, 2)), cast(0 as decimal(28, 2)),
            cast(null as decimal(28, 2)), 0, 0, 0, cast(null as decimal(28, 8)), 0, promises_kept, promises_broken
        from promises
    ),
    summed as (
        select
            company_id,
            currency,
            owner_kind,
            owner_id,
            sum(debtors) as debtors,
            sum(items) as items,
            cast(sum(open_amount) as decimal(28, 2)) as open_amount,
            cast(sum(overdue_amount) as decimal(28, 2)) as overdue_amount,
            case
                when @scope_open = 0
                    then coalesce(cast(sum(collected_amount) as decimal(28, 2)), cast(0 as decimal(28, 2)))
            end as collected_amount,
            sum(tasks) as tasks,
            sum(contacts) as contacts,
            sum(answered) as answered,
            cast(sum(cost_amount) as decimal(28, 8)) as cost_amount,
            sum(foreign_costs) as foreign_costs,
            sum(promises_kept) as promises_kept,
            sum(promises_broken) as promises_broken
        from parts
        group by company_id, currency, owner_kind, owner_id
    )
select * from summed
