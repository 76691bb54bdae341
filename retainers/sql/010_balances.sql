-- The balance check.

-- What a matter has available today over all its trust accounts: balances less open holds.
CREATE OR REPLACE FUNCTION matter_available(of_matter bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- web role may execute
AS $$
    SELECT COALESCE(sum(l.balance - held_amount(l.id)), 0)::bigint
    FROM ledgers_ledger l WHERE l.matter_id = of_matter AND l.kind = 'client'
$$;

-- Check every open matter that has a minimum, in one statement: an episode begins where the available money is below
-- the minimum, and is told once; one ends where it is not any more (or the matter is no longer monitored).
CREATE OR REPLACE FUNCTION check_balances(OUT checked bigint, OUT low bigint, OUT opened bigint, OUT closed bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET work_mem = '64MB'
-- web role may execute
AS $$
    WITH clock AS MATERIALIZED (
        SELECT firm_now() AS now, firm_today() AS today,
               NULLIF(current_setting('trustledger.actor', true), '')::bigint AS actor
    ), held AS (
        SELECT h.ledger_id, sum(h.amount)::bigint AS amount FROM ledgers_hold h
        WHERE h.released_at IS NULL AND (h.until_date IS NULL OR h.until_date > (SELECT today FROM clock))
        GROUP BY h.ledger_id
    ), money AS (
        -- sum(bigint) adds in numeric, an allocation for each matter: the two halves of the cents are added as integers
        SELECT free.matter_id, (sum((free.cents >> 30)::int) << 30) + sum((free.cents & 1073741823)::int) AS available
        FROM (SELECT l.matter_id, l.balance - COALESCE(held.amount, 0) AS cents
                FROM ledgers_ledger l LEFT JOIN held ON held.ledger_id = l.id WHERE l.kind = 'client') free
        GROUP BY free.matter_id
    ), low_now AS MATERIALIZED (
        SELECT m.id AS matter_id, COALESCE(money.available, 0) AS available, m.minimum_balance AS minimum
        FROM ledgers_matter m LEFT JOIN money ON money.matter_id = m.id
        WHERE m.status = 'open' AND m.minimum_balance > COALESCE(money.available, 0)
    ), recovered AS (
        UPDATE retainers_lowbalanceepisode e
        SET closed_at = (SELECT now FROM clock), closed_available = matter_available(e.matter_id)
        WHERE e.closed_at IS NULL AND NOT EXISTS (SELECT FROM low_now l WHERE l.matter_id = e.matter_id)
        RETURNING e.id
    ), begun AS (
        INSERT INTO retainers_lowbalanceepisode (matter_id, opened_at, available, minimum)
        SELECT l.matter_id, (SELECT now FROM clock), l.available, l.minimum FROM low_now l
        WHERE NOT EXISTS (
            SELECT FROM retainers_lowbalanceepisode e WHERE e.matter_id = l.matter_id AND e.closed_at IS NULL)
        ON CONFLICT (matter_id) WHERE closed_at IS NULL DO NOTHING  -- another check, at the same moment, was first
        RETURNING id, matter_id, available, minimum
    ), told AS (
        INSERT INTO firms_outboxevent (kind, dedupe, subject_type, subject_id, payload, actor_id, created_at)
        SELECT 'balance.low', 'balance.low:' || b.id, 'retainers_lowbalanceepisode', b.id::text,
               jsonb_build_object('matter', b.matter_id, 'available', b.available, 'minimum', b.minimum),
               clock.actor, clock.now
        FROM begun b, clock
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM ledgers_matter WHERE status = 'open' AND minimum_balance IS NOT NULL),
           (SELECT count(*) FROM low_now),
           (SELECT count(*) FROM begun), (SELECT count(*) FROM recovered)
    FROM (SELECT count(*) FROM told) AS telling
$$;
