-- Purpose: the shard's part of how often debtors with an open item were contacted in the last seven days.
-- Grain: company_id, currency, channel, contacts
-- Reads: int_contacts, out_debtors
-- Units: numbers of debtors and of contacts that reached them, or may have; a debtor of two companies counts in both
-- Nulls: none; channel * = all of them, with those whom nobody has contacted
-- Kind: table
with
    contacts as (
        select debtor_id, channel, count(*) as contacts
        from int_contacts
        where state not in ('not_sent', 'ignored')
            and channel <> 'instruction'
            and cast(contacted_on as int) > @as_of_day - 7
            and contacted_on <= @as_of
        group by debtor_id, channel
    ),
    on_all as (
        select debtor_id, sum(contacts) as contacts
        from contacts
        group by debtor_id
    ),
    accounts as (select company_id, currency, debtor_id from out_debtors where open_items > 0),
    counted as (
        select accounts.company_id, accounts.currency, contacts.channel, cast(contacts.contacts as bigint) as contacts
        from contacts
        inner join accounts on contacts.debtor_id = accounts.debtor_id
        union all
        select accounts.company_id, accounts.currency, '*', coalesce(cast(on_all.contacts as bigint), 0)
        from accounts
        left join on_all on accounts.debtor_id = on_all.debtor_id
    ),
    grouped as (
        select company_id, currency, channel, contacts, count(*) as debtors
        from counted
        group by company_id, currency, channel, contacts
    )
select * from grouped
