-- Purpose: concentration: how much of all that is owed the largest groups owe.
-- Grain: company_id, currency, part
-- Reads: fct_groups
-- Units: amounts in units of currency; shares from 0 to 1
-- Nulls: overdue_share where nothing is late; fewer than ten groups leave deciles out
-- Kind: table
with
    facts as (
        select company_id, currency, group_key, sum(open_amount) as open_amount, sum(overdue_amount) as overdue_amount
        from fct_groups
        group by company_id, currency, group_key
    ),
    ranked as (
        select
            *,
            cast(row_number() over (partition by company_id, currency order by open_amount desc, group_key) as bigint) as place,
            count(*) over (partition by company_id, currency) as of_all
        from facts
    ),
    totals as (
        select company_id, currency, sum(open_amount) as all_open_amount, sum(overdue_amount) as all_overdue_amount
        from facts
        group by company_id, currency
    ),
    tops as (select * from (values ('top1', 1), ('top5', 5), ('top10', 10), ('top20', 20)) as tops (part, places)),
    parts as (
        select ranked.company_id, ranked.currency, tops.part, ranked.open_amount, ranked.overdue_amount
        from tops
        inner join ranked on ranked.place <= tops.places
        union all
        select
            company_id,
            currency,
            concat('decile_', lpad(cast((10 * place + of_all - 1) / of_all as varchar), 2, '0')),
            open_amount,
            overdue_amount
        from ranked
    ),
    grouped as (
        select
            company_id,
            currency,
            part,
            count(*) as groups,
            cast(sum(open_amount) as decimal(18, 2)) as open_amount,
            cast(sum(overdue_amount) as decimal(18, 2)) as overdue_amount
        from parts
        group by company_id, currency, part
    ),
    stated as (
        select
            @as_of as as_of_date,
            grouped.company_id,
            grouped.currency,
            grouped.part,
            grouped.groups,
            grouped.open_amount,
            cast(grouped.open_amount as double) / cast(totals.all_open_amount as double) as open_share,
            grouped.overdue_amount,
            cast(grouped.overdue_amount as double) / nullif(cast(totals.all_overdue_amount as double), 0.0) as overdue_share
        from grouped
        inner join totals on grouped.company_id = totals.company_id and grouped.currency = totals.currency
    )
select * from stated
order by company_id, currency, part
