-- Purpose: what each placement with an agency is about, and since when all of it is paid or disputed. One of all that a
--   debtor owes is about what was late when it was placed or became so since; of that the hundred last settled are named.
-- Grain: debtor_id, actor_id, placement_id, invoice_id, installment_no
-- Reads: stg_placements, stg_disputes, int_items
-- Units: amounts in units of currency
-- Nulls: done_on null = something is still owed and undisputed, or not in the snapshot (is_unknown)
-- Kind: table
with
    placements as (select * from stg_placements),
    of_invoices as (select * from placements where invoice_id is not null),
    of_all as (select * from placements where invoice_id is null),
    placed as (select distinct debtor_id from placements),
    disputes as (
        -- A return of goods disputes the invoice as well.
        select debtor_id, company_id, invoice_id, min(opened_on) as disputed_on
        from stg_disputes
        group by debtor_id, company_id, invoice_id
    ),
    items as (
        select
            items.group_key, items.debtor_id, items.company_id, items.currency, items.invoice_id, items.installment_no,
            items.issue_date, items.due_date, items.payable_on, items.original_amount, items.open_amount, items.settled_on
        from int_items as items
        left semi join placed on items.debtor_id = placed.debtor_id
    ),
    disputed as (
        -- least() passes over nulls: the earliest of them, or the only one.
        select
            items.*,
            least(of_invoice.disputed_on, of_company.disputed_on, of_debtor.disputed_on) as disputed_on
        from items
        left join (select * from disputes where invoice_id is not null) as of_invoice
            on items.debtor_id = of_invoice.debtor_id
            and items.company_id = of_invoice.company_id
            and items.invoice_id = of_invoice.invoice_id
        left join (select * from disputes where invoice_id is null and company_id is not null) as of_company
            on items.debtor_id = of_company.debtor_id
            and items.company_id = of_company.company_id
        left join (select * from disputes where invoice_id is null and company_id is null) as of_debtor
            on items.debtor_id = of_debtor.debtor_id
    ),
    named as (
        select
            of_invoices.actor_id,
            of_invoices.placement_id,
            of_invoices.agency_id,
            of_invoices.placed_on,
            disputed.*
        from of_invoices
        inner join disputed
            on of_invoices.debtor_id = disputed.debtor_id
            and of_invoices.company_id = disputed.company_id
            and of_invoices.invoice_id = disputed.invoice_id
    ),
    named_ends as (
        select
            debtor_id,
            actor_id,
            placement_id,
            case when count(coalesce(settled_on, disputed_on)) = count(*) then max(coalesce(settled_on, disputed_on)) end as done_on,
            count(settled_on) = count(*) as is_paid
        from named
        group by debtor_id, actor_id, placement_id
    ),
    of_named as (
        select named.*, named_ends.done_on, named_ends.is_paid, false as is_unknown
        from named
        inner join named_ends
            on named.debtor_id = named_ends.debtor_id
            and named.actor_id = named_ends.actor_id
            and named.placement_id = named_ends.placement_id
    ),
    late as (
        select * from disputed
        where payable_on < @as_of and coalesce(settled_on > payable_on, true)
    ),
    accounts as (
        -- What placements of all that is owed ask of each account; many placements ask the same.
        select
            debtor_id,
            company_id,
            currency,
            min(case when settled_on is null then due_date end) as oldest_open_on,
            count(case when settled_on is null then 1 end) as open_items,
            count(case when settled_on is null and disputed_on is null then 1 end) as undisputed_items,
            max(case when settled_on is null then disputed_on end) as disputed_on,
            max(settled_on) as settled_on
        from late
        group by debtor_id, company_id, currency
    ),
    covered as (
        select of_all.*, accounts.company_id as account_company_id, accounts.currency, accounts.oldest_open_on,
            accounts.open_items, accounts.undisputed_items, accounts.disputed_on,
            case when accounts.settled_on > of_all.placed_on then accounts.settled_on end as settled_on
        from of_all
        inner join accounts on of_all.debtor_id = accounts.debtor_id
        where coalesce(of_all.company_id = accounts.company_id, true)
            and (accounts.open_items > 0 or accounts.settled_on > of_all.placed_on)
    ),
    all_ends as (
        select
            debtor_id,
            actor_id,
            placement_id,
            min(placed_on) as placed_on,
            case when sum(undisputed_items) = 0 then max(greatest(disputed_on, settled_on)) end as done_on,
            sum(open_items) = 0 as is_paid
        from covered
        group by debtor_id, actor_id, placement_id
    ),
    settled_days as (
        select debtor_id, company_id, currency, settled_on, min(due_date) as due_date
        from late
        where settled_on is not null
        group by debtor_id, company_id, currency, settled_on
    ),
    asked as (select distinct debtor_id, placed_on from all_ends),
    oldest_settled as (
        select asked.debtor_id, asked.placed_on, settled_days.company_id, settled_days.currency, min(settled_days.due_date) as due_date
        from asked
        inner join settled_days
            on asked.debtor_id = settled_days.debtor_id
            and settled_days.settled_on > asked.placed_on
        group by asked.debtor_id, asked.placed_on, settled_days.company_id, settled_days.currency
    ),
    heads as (
        -- It is recalled once, in the name of the account with the oldest item.
        select
            covered.debtor_id,
            covered.actor_id,
            covered.placement_id,
            first_value(covered.account_company_id order by least(covered.oldest_open_on, oldest_settled.due_date), covered.account_company_id, covered.currency) as company_id,
            first_value(covered.currency order by least(covered.oldest_open_on, oldest_settled.due_date), covered.account_company_id, covered.currency) as currency
        from covered
        left join oldest_settled
            on covered.debtor_id = oldest_settled.debtor_id
            and covered.placed_on = oldest_settled.placed_on
            and covered.account_company_id = oldest_settled.company_id
            and covered.currency = oldest_settled.currency
        group by covered.debtor_id, covered.actor_id, covered.placement_id
    ),
    ranked as (
        select
            *,
            row_number() over (
                partition by debtor_id, company_id, currency
                order by settled_on desc nulls first, due_date, invoice_id, installment_no
            ) as item_rank
        from late
    ),
    of_accounts as (
        select
            of_all.actor_id,
            of_all.placement_id,
            of_all.agency_id,
            of_all.placed_on,
            ranked.*,
            all_ends.done_on,
            all_ends.is_paid,
            false as is_unknown
        from of_all
        inner join all_ends
            on of_all.debtor_id = all_ends.debtor_id
            and of_all.actor_id = all_ends.actor_id
            and of_all.placement_id = all_ends.placement_id
        inner join heads
            on of_all.debtor_id = heads.debtor_id
            and of_all.actor_id = heads.actor_id
            and of_all.placement_id = heads.placement_id
        inner join (select * from ranked where item_rank <= 100) as ranked
            on heads.debtor_id = ranked.debtor_id
            and heads.company_id = ranked.company_id
            and heads.currency = ranked.currency
        -- While it is not done, its oldest item stands for all.
        where case
                when all_ends.done_on is null then ranked.item_rank = 1
                else coalesce(ranked.settled_on > of_all.placed_on, true)
            end
    ),
    known as (
        select debtor_id, actor_id, placement_id from named_ends
        union all select debtor_id, actor_id, placement_id from all_ends
    ),
    unknown as (
        -- Of an export of open items, what is gone was settled; of an export of all, nobody knows.
        select
            placements.actor_id,
            placements.placement_id,
            placements.agency_id,
            placements.placed_on,
            placements.group_key,
            placements.debtor_id,
            coalesce(placements.company_id, @default_company) as company_id,
            @default_currency as currency,
            coalesce(placements.invoice_id, '-') as invoice_id,
            cast(1 as bigint) as installment_no,
            placements.placed_on as issue_date,
            placements.placed_on as due_date,
            placements.placed_on as payable_on,
            cast(0 as decimal(18, 2)) as original_amount,
            cast(0 as decimal(18, 2)) as open_amount,
            case when @scope_open = 1 then @as_of end as settled_on,
            cast(null as date) as disputed_on,
            case when @scope_open = 1 then @as_of end as done_on,
            @scope_open = 1 as is_paid,
            true as is_unknown
        from placements
        left anti join known
            on placements.debtor_id = known.debtor_id
            and placements.actor_id = known.actor_id
            and placements.placement_id = known.placement_id
        -- One of all that is owed has nothing to name while nothing of it is late.
        where placements.invoice_id is not null or @scope_open = 1
    ),
    joined as (
        select
            actor_id, placement_id, agency_id, placed_on, group_key, debtor_id, company_id, currency, invoice_id, installment_no,
            issue_date, due_date, payable_on, original_amount, open_amount, settled_on, disputed_on, done_on, is_paid, is_unknown
        from of_named
        union all
        select
            actor_id, placement_id, agency_id, placed_on, group_key, debtor_id, company_id, currency, invoice_id, installment_no,
            issue_date, due_date, payable_on, original_amount, open_amount, settled_on, disputed_on, done_on, is_paid, is_unknown
        from of_accounts
        union all
        select
            actor_id, placement_id, agency_id, placed_on, group_key, debtor_id, company_id, currency, invoice_id, installment_no,
            issue_date, due_date, payable_on, original_amount, open_amount, settled_on, disputed_on, done_on, is_paid, is_unknown
        from unknown
    )
select * from joined
