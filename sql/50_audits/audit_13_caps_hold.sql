-- Purpose: no message beyond a cap, counted over what went out or may have and what goes out now together.
-- Grain: none; one row per finding
-- Reads: out_actions, cnd_contacts, cnd_published, cnd_debtors, run_caps
-- Units: numbers of contacts
-- Nulls: a cap without a channel is for all of them, one without a segment for everybody
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
        where cnd_contacts.state <> 'not_sent' and cnd_contacts.channel <> 'instruction'
    ),
    contacts as (
        select * from earlier
        union all
        select group_key, debtor_id, company_id, currency, channel, segment, contacted_on from messages
    ),
    -- Every cap that binds a message.
    bound as (
        select
            messages.*,
            caps.cap_no,
            caps.scope,
            caps.contacts_max,
            caps.days,
            caps.channel as only_channel,
            caps.segment as only_segment
        from messages
        inner join caps
            on (caps.channel is null or caps.channel = messages.channel)
            and (caps.segment is null or caps.segment = messages.segment)
    ),
    counted as (
        select bound.action_id, bound.cap_no, bound.contacts_max, count(*) as contacts
        from bound
        inner join contacts
            on bound.group_key = contacts.group_key
            and (bound.scope = 'group' or bound.debtor_id = contacts.debtor_id)
            and (
                bound.scope <> 'account'
                or (
                    coalesce(contacts.company_id, bound.company_id) = bound.company_id
                    and coalesce(contacts.currency, bound.currency) = bound.currency
                )
            )
            and (bound.only_channel is null or bound.only_channel = contacts.channel)
            -- A message of another segment that goes out now may come after this one, and is not bound by its cap.
            and (bound.only_segment is null or contacts.segment is null or bound.only_segment = contacts.segment)
            and cast(@as_of as int) - cast(contacts.contacted_on as int) < bound.days
        group by bound.action_id, bound.cap_no, bound.contacts_max
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
