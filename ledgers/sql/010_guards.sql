-- What nobody may do to the books, the owner included. Every guard is ENABLE ALWAYS: replica mode does not pass it.

-- A refusal: a code and the facts, as JSON, for the sentence the person reads. It writes nothing; guards call it as whoever writes.
-- web role may execute
CREATE OR REPLACE FUNCTION refuse(code text, facts jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'TL001', MESSAGE = code, DETAIL = facts::text;
END $$;

-- What waits for a lock reads what changed meanwhile; a snapshot taken before does not show it, and rules would be
-- asked of the past. So the functions of the books run at READ COMMITTED only.
CREATE OR REPLACE FUNCTION refuse_old_snapshot() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN PERFORM refuse('isolation_not_read_committed'); END IF;
END $$;

-- I9: what was approved never changes; only its use and its voiding are written.
CREATE OR REPLACE FUNCTION keep_authority_content() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - '{used_amount,voided_at,void_reason}'::text[]
     IS DISTINCT FROM to_jsonb(OLD) - '{used_amount,voided_at,void_reason}'::text[]
     OR NEW.used_amount < OLD.used_amount OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at) THEN
    PERFORM refuse('authority_content_fixed', jsonb_build_object('authority', OLD.id));
  END IF;
  RETURN NEW;
END $$;

-- A hold is only ever released, once.
CREATE OR REPLACE FUNCTION keep_hold_content() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
     OR to_jsonb(NEW) - '{released_at,released_by_id,release_second_person_id,release_evidence}'::text[]
     IS DISTINCT FROM to_jsonb(OLD) - '{released_at,released_by_id,release_second_person_id,release_evidence}'::text[] THEN
    PERFORM refuse('hold_content_fixed', jsonb_build_object('hold', OLD.id));
  END IF;
  RETURN NEW;
END $$;

-- A command's answer is written once.
CREATE OR REPLACE FUNCTION keep_command() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.result IS NOT NULL OR to_jsonb(NEW) - 'result' IS DISTINCT FROM to_jsonb(OLD) - 'result' THEN
    PERFORM refuse('command_fixed', jsonb_build_object('command', OLD.id));
  END IF;
  RETURN NEW;
END $$;

-- A deposit slip that went to the bank stays as it went.
CREATE OR REPLACE FUNCTION keep_closed_bank_item() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.closed_at IS NOT NULL OR NEW.trust_account_id <> OLD.trust_account_id OR NEW.kind <> OLD.kind THEN
    PERFORM refuse('bank_item_closed', jsonb_build_object('bank_item', OLD.id));
  END IF;
  RETURN NEW;
END $$;

-- What an entry names besides its lines is there. Nobody may remove any of it.
-- web role may execute
CREATE OR REPLACE FUNCTION entry_names_what_is_there(e ledgers_journalentry) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT (e.second_person_id IS NULL OR EXISTS (SELECT 1 FROM public.firms_person x WHERE x.id = e.second_person_id))
     AND (e.reverses_id IS NULL OR EXISTS (SELECT 1 FROM public.ledgers_journalentry x WHERE x.id = e.reverses_id))
     AND (e.relates_to_id IS NULL OR EXISTS (SELECT 1 FROM public.ledgers_journalentry x WHERE x.id = e.relates_to_id))
     AND (e.linked_to_id IS NULL OR EXISTS (SELECT 1 FROM public.ledgers_journalentry x WHERE x.id = e.linked_to_id))
     AND (e.authority_id IS NULL OR EXISTS (SELECT 1 FROM public.ledgers_spendingauthority x WHERE x.id = e.authority_id))
     AND (e.bank_item_id IS NULL OR EXISTS (SELECT 1 FROM public.ledgers_bankitem x WHERE x.id = e.bank_item_id))
     AND (e.operating_account_id IS NULL OR EXISTS (SELECT 1 FROM public.ledgers_operatingaccount x WHERE x.id = e.operating_account_id))
$$;

-- I2, I5: the lines of an entry sum to its bank amount; each carries its date, moves something, and lies in a ledger of its trust
-- account; its text and whatever it names are there. Asked at commit by every entry.
-- It stands for the foreign keys: it reads what they would ask for. It needs no more rights than whoever commits (it runs as them
-- before PostgreSQL 18), who may read the books; so it names its schema itself, which costs nothing each time.
CREATE OR REPLACE FUNCTION entry_is_balanced() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  it record;
  seen text;
BEGIN
  -- Nested, not joined: on tables that were never analyzed a join's plan reads every ledger of the firm for one line.
  SELECT sum(l.amount) AS total, max(l.id) AS last, (SELECT true FROM public.ledgers_entrytext t WHERE t.entry_id = NEW.id) AS has_text,
         bool_and(l.amount <> 0 AND l.book_date = NEW.book_date
           AND NEW.trust_account_id = (SELECT g.trust_account_id FROM public.ledgers_ledger g WHERE g.id = l.ledger_id)) AS fit
    INTO it FROM public.ledgers_journalline l WHERE l.entry_id = NEW.id;
  IF (it.total = NEW.bank_amount AND it.fit AND it.has_text) IS NOT TRUE
     -- Nearly every entry names nothing: seven keys would be asked for each.
     OR num_nonnulls(NEW.second_person_id, NEW.reverses_id, NEW.relates_to_id, NEW.linked_to_id, NEW.authority_id, NEW.bank_item_id,
       NEW.operating_account_id) > 0 AND NOT public.entry_names_what_is_there(NEW) THEN
    PERFORM public.refuse('entry_not_balanced', jsonb_build_object('entry', NEW.id, 'bank_amount', NEW.bank_amount, 'lines', it.total));
  END IF;
  seen := set_config('trustledger.balanced', NEW.id || '/' || it.last, true);
  RETURN NULL;
END $$;

-- A line that came with its entry was seen by its entry's question, asked just before; one that comes later is never right: what
-- was posted adds up, and moves something. (Whoever could set the mark writes no lines.)
CREATE OR REPLACE FUNCTION line_came_with_its_entry() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  seen text := current_setting('trustledger.balanced', true);
BEGIN
  IF (split_part(seen, '/', 1) = NEW.entry_id::text AND NEW.id <= nullif(split_part(seen, '/', 2), '')::bigint) IS NOT TRUE THEN
    PERFORM public.refuse('entry_not_balanced', jsonb_build_object('entry', NEW.entry_id, 'ledger', NEW.ledger_id));
  END IF;
  RETURN NULL;
END $$;

-- A ledger is a matter's, or one of the account's special ledgers. Asked at its birth: as a CHECK it would be read anew at
-- every posting. What a ledger is never changes after; `integrity` looks.
CREATE OR REPLACE FUNCTION ledger_of_known_kind() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind NOT IN ('client', 'firm_funds', 'unidentified', 'interest_due') OR (NEW.kind = 'client') <> (NEW.matter_id IS NOT NULL) THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_known_kind', TABLE = 'ledgers_ledger',
      MESSAGE = format('a ledger of kind %s %s a matter (ledger_known_kind)', NEW.kind, CASE WHEN NEW.matter_id IS NULL THEN 'without' ELSE 'with' END);
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER known_kind BEFORE INSERT ON ledgers_ledger FOR EACH ROW EXECUTE FUNCTION ledger_of_known_kind();
ALTER TABLE ledgers_ledger ENABLE ALWAYS TRIGGER known_kind;

-- Nobody removes a row of the books; what may still change is written by functions.
CREATE OR REPLACE FUNCTION refuse_removals_of(guarded regclass) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE OR REPLACE TRIGGER refuse_removal BEFORE DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change()', guarded);
  EXECUTE format('CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', guarded);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_removal, ENABLE ALWAYS TRIGGER refuse_truncate', guarded);
END $$;

DO $$
DECLARE
  t text;
  g record;
BEGIN
  FOREACH t IN ARRAY ARRAY['journalentry', 'journalline', 'entrytext', 'entrynote', 'seal'] LOOP
    PERFORM refuse_changes_of(format('ledgers_%s', t)::regclass);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['command', 'ledger', 'ledgerday', 'hold', 'spendingauthority', 'month', 'bankitem', 'trustaccount',
                           'operatingaccount', 'client', 'matter', 'matteraccount', 'matterwall'] LOOP
    PERFORM refuse_removals_of(format('ledgers_%s', t)::regclass);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['client', 'matter', 'matteraccount', 'matterwall', 'month', 'bankitem', 'hold', 'spendingauthority', 'entrynote'] LOOP
    PERFORM record_changes_of(format('ledgers_%s', t)::regclass);
  END LOOP;
  PERFORM record_changes_of('ledgers_trustaccount', hidden => 'number_encrypted,number_fingerprint');
  PERFORM record_changes_of('ledgers_operatingaccount', hidden => 'number_encrypted,number_fingerprint');
  FOR g IN SELECT * FROM (VALUES
      ('spendingauthority', 'keep_authority_content'), ('hold', 'keep_hold_content'),
      ('command', 'keep_command'), ('bankitem', 'keep_closed_bank_item')) AS v(tab, fn) LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER content_fixed BEFORE UPDATE ON ledgers_%s FOR EACH ROW EXECUTE FUNCTION %s()', g.tab, g.fn);
    EXECUTE format('ALTER TABLE ledgers_%s ENABLE ALWAYS TRIGGER content_fixed', g.tab);
  END LOOP;
  FOR g IN SELECT * FROM (VALUES ('journalentry', 'entry_is_balanced'), ('journalline', 'line_came_with_its_entry')) AS v(tab, fn) LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS balanced ON ledgers_%s', g.tab);
    EXECUTE format('CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledgers_%s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION %s()', g.tab, g.fn);
    EXECUTE format('ALTER TABLE ledgers_%s ENABLE ALWAYS TRIGGER balanced', g.tab);
  END LOOP;
END $$;
DROP FUNCTION IF EXISTS entry_has_lines();
