-- Purpose: no message beyond a cap, counted over what went out or may have and what goes out now together.
-- Grain: none; one row per finding
-- Reads: out_actions, cnd_contacts, cnd_published, cnd_debtors, run_caps
-- Units: numbers of contacts
-- Nulls: a cap without a channel is for all of them, one without a segment for everybody; a contact without a company or
--   a currency counts for every account of its debtor
-- Kind: audit
with
    caps as (select * from run_caps),
    published as (select action_id from cnd_published where coalesce(fate, '') <> 'not_sent'),
    debtors as (select debtor_id, group_key from cnd_debtors),
    messages as (
        select
            debtors.group_key,
            actions.debtor_id,
            actions.company_id,
            actions.currency,
            actions.channel,
            actions.segment,
            @as_of as contacted_on,
            actions.action_id
        from out_actions as actions
        inner join debtors on actions.debtor_id = debtors.debtor_id
        -- What a revision keeps was counted when it was published.
        left anti join published on actions.action_id = published.action_id
        where actions.channel <> 'instruction'
    ),
    earlier as (
        select group_key, debtor_id, company_id, currency, channel, cast(null as varchar) as segment, contacted_on
        from cnd_contacts
        left anti join published on cnd_contacts.action_id = published.action_id
        where cnd_contacts.state not in ('not_sent', 'ignored') and cnd_contacts.channel <> 'instruction'
    ),
    contacts as (
        select * from earlier
        union all
        select group_key, debtor_id, company_id, currency, channel, segment, contacted_on from messages
    ),
    counting as (
        -- Every contact that a cap counts, under whom it counts it: one pass, however many there are of one group.
        select
            caps.cap_no,
            contacts.group_key,
            case when caps.scope <> 'group' then contacts.debtor_id end as debtor_id,
            case when caps.scope = 'account' then contacts.company_id end as company_id,
            case when caps.scope = 'account' then contacts.currency end as currency
        from contacts
        inner join caps
            on (caps.channel is null or caps.channel = contacts.channel)
            -- A message of another segment that goes out now may come after this one, and is not bound by its cap.
            and (caps.segment is null or contacts.segment is null or caps.segment = contacts.segment)
            and cast(@as_of as int) - cast(contacts.contacted_on as int) < caps.days
    ),
    counts as (
        select cap_no, group_key, debtor_id, company_id, currency, count(*) as contacts
        from counting
        group by cap_no, group_key, debtor_id, company_id, currency
    ),
    bound as (
        -- Every cap that binds a message.
        select messages.*, caps.cap_no, caps.scope, caps.contacts_max
        from messages
        inner join caps
            on (caps.channel is null or caps.channel = messages.channel)
            and (caps.segment is null or caps.segment = messages.segment)
    ),
    of_groups as (
        select bound.action_id, bound.cap_no, bound.contacts_max, counts.contacts
        from bound
        inner join counts on bound.cap_no = counts.cap_no and bound.group_key = counts.group_key
        where bound.scope = 'group'
    ),
    of_debtors as (
        select bound.action_id, bound.cap_no, bound.contacts_max, sum(counts.contacts) as contacts
        from bound
        inner join counts
            on bound.cap_no = counts.cap_no
            and bound.debtor_id = counts.debtor_id
            and coalesce(counts.company_id = bound.company_id, true)
            and coalesce(counts.currency = bound.currency, true)
        where bound.scope <> 'group'
        group by bound.action_id, bound.cap_no, bound.contacts_max
    ),
    counted as (
        select * from of_groups
        union all select * from of_debtors
    ),
    findings as (
        select
            action_id as subject,
            concat('at most ', contacts_max, ' by cap ', cap_no) as expected,
            cast(contacts as varchar) as actual,
            cast(contacts - contacts_max as varchar) as difference
        from counted
        where contacts > contacts_max
    )
select * from findings
