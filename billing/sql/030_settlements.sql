-- Settlement statements: drafts change, issued ones never; fee, costs, liens and the client's share sum to the gross recovery.

-- The allowed moves; billing.settlement_models.SETTLEMENT_MOVES says the same.
-- web role may execute
CREATE OR REPLACE FUNCTION settlement_moves() RETURNS TABLE (from_state text, to_state text)
LANGUAGE sql IMMUTABLE AS $$
  VALUES ('draft', 'issued'), ('draft', 'void'), ('issued', 'signed'), ('issued', 'void'), ('signed', 'authorized'),
         ('signed', 'void'), ('authorized', 'signed'), ('authorized', 'void')
$$;

-- How a statement is called in a sentence.
CREATE OR REPLACE FUNCTION settlement_name(statement bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN s.number = '' THEN 'draft settlement ' || s.id ELSE 'settlement ' || s.number END
    FROM billing_settlementstatement s WHERE s.id = statement
$$;

-- The next number of a year; its row is locked until the issue commits or rolls back, so no number is lost.
CREATE OR REPLACE FUNCTION next_settlement_number(of_year integer) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO billing_settlementnumber AS n (year, last) VALUES (of_year, 1)
    ON CONFLICT (year) DO UPDATE SET last = n.last + 1 RETURNING 'S-' || n.year || '-' || lpad(n.last::text, 4, '0')
$$;

-- SHA-256 of everything a statement says to the client, in hex.
-- web role may execute
CREATE OR REPLACE FUNCTION settlement_hash(s billing_settlementstatement) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT encode(sha256(convert_to(jsonb_build_object(
    'number', s.number, 'date', s.date, 'matter', s.matter_id, 'matter_name', s.matter_name, 'client', s.client_name,
    'address', s.client_address, 'attorney', s.attorney_name, 'gross', s.gross, 'from', s.received_from, 'basis', s.fee_basis,
    'percent', s.fee_percent, 'fee', s.fee, 'costs', s.costs, 'liens', s.liens, 'share', s.share, 'note', s.note,
    'lines', (SELECT jsonb_agg(jsonb_build_array(l.kind, l.payee, l.description, l.claimed, l.amount) ORDER BY l.id)
                FROM billing_settlementline l WHERE l.statement_id = s.id AND NOT l.is_removed))::text, 'UTF8')), 'hex')
$$;

-- A statement with its lines added up: costs, liens, the fee of a percentage (half a cent rounded up), and what is left to the client.
CREATE OR REPLACE FUNCTION settlement_added_up(s billing_settlementstatement) RETURNS billing_settlementstatement
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  SELECT coalesce(sum(l.amount) FILTER (WHERE l.kind = 'cost'), 0), coalesce(sum(l.amount) FILTER (WHERE l.kind = 'lien'), 0)
    INTO s.costs, s.liens FROM billing_settlementline l WHERE l.statement_id = s.id AND NOT l.is_removed;
  IF s.fee_basis <> 'amount' AND s.fee_percent IS NOT NULL THEN
    s.fee := greatest(round((s.gross - CASE s.fee_basis WHEN 'net' THEN s.costs ELSE 0 END) * s.fee_percent / 100), 0);
  END IF;
  s.share := s.gross - s.fee - s.costs - s.liens;
  RETURN s;
END $$;

-- What issuing asks, and what it writes: a fee, nothing beyond the gross, a day that has been, an open matter; number, names, hash.
CREATE OR REPLACE FUNCTION issue_settlement(s billing_settlementstatement) RETURNS billing_settlementstatement
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  m record;
BEGIN
  SELECT x.number, x.description, x.status, x.closed_date, c.name, c.address, p.full_name INTO m FROM ledgers_matter x
    JOIN ledgers_client c ON c.id = x.client_id JOIN firms_person p ON p.id = x.responsible_attorney_id WHERE x.id = s.matter_id;
  IF m.status = 'closed' THEN
    PERFORM refuse('settlement_matter_closed', jsonb_build_object('matter', m.number, 'closed', m.closed_date));
  END IF;
  IF s.fee <= 0 THEN
    PERFORM refuse('settlement_incomplete', jsonb_build_object('matter', m.number));
  END IF;
  IF s.share < 0 THEN
    PERFORM refuse('settlement_beyond_gross', jsonb_build_object('gross', s.gross, 'taken', s.gross - s.share, 'over', -s.share));
  END IF;
  IF s.date > firm_today() THEN
    PERFORM refuse('settlement_in_future', jsonb_build_object('date', s.date, 'today', firm_today()));
  END IF;
  s.client_name := m.name;
  s.client_address := coalesce(m.address, '');
  s.matter_name := m.number || ' ' || m.description;
  s.attorney_name := m.full_name;
  s.number := next_settlement_number(extract(year FROM s.date)::integer);
  s.content_hash := settlement_hash(s);
  RETURN s;
END $$;

-- A statement begins as a draft of a contingency matter; it always sums to the gross; once issued its content never changes;
-- its state moves as allowed, one version at a time.
CREATE OR REPLACE FUNCTION keep_settlement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moving text[] := '{state,version,voided_by_id,voided_at,void_reason}';
  m record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' OR NEW.version <> 1 OR NEW.content_hash <> '' THEN
      PERFORM refuse('settlement_move_refused', jsonb_build_object('state', 'new', 'asked', NEW.state));
    END IF;
    SELECT x.number, x.type, x.status, x.closed_date INTO m FROM ledgers_matter x WHERE x.id = NEW.matter_id;
    IF m.type NOT IN ('contingency', 'hybrid') THEN
      PERFORM refuse('settlement_not_contingency', jsonb_build_object('matter', m.number, 'kind', m.type));
    END IF;
    IF m.status = 'closed' THEN
      PERFORM refuse('settlement_matter_closed', jsonb_build_object('matter', m.number, 'closed', m.closed_date));
    END IF;
    RETURN settlement_added_up(NEW);
  END IF;
  IF NEW.version <> OLD.version + 1 THEN
    PERFORM refuse('changed_meanwhile');
  END IF;
  IF NEW.matter_id <> OLD.matter_id OR NEW.created_by_id <> OLD.created_by_id OR NEW.created_at <> OLD.created_at
     OR (OLD.state <> 'draft' AND to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving) THEN
    PERFORM refuse('settlement_content_fixed', jsonb_build_object('settlement', settlement_name(OLD.id), 'state', OLD.state));
  END IF;
  IF OLD.state = 'void' OR NEW.state <> OLD.state
     AND NOT EXISTS (SELECT 1 FROM settlement_moves() x WHERE x.from_state = OLD.state AND x.to_state = NEW.state) THEN
    PERFORM refuse('settlement_move_refused', jsonb_build_object('settlement', settlement_name(OLD.id), 'state', OLD.state, 'asked', NEW.state));
  END IF;
  IF OLD.state <> 'draft' THEN RETURN NEW; END IF;
  NEW := settlement_added_up(NEW);
  RETURN CASE WHEN NEW.state = 'issued' THEN issue_settlement(NEW) ELSE NEW END;
END $$;

-- A line is written while its statement is a draft, and only ever taken off again. Two at once wait for each other.
CREATE OR REPLACE FUNCTION keep_settlement_line() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_statement billing_settlementstatement;
BEGIN
  PERFORM refuse_old_snapshot();
  SELECT * INTO of_statement FROM billing_settlementstatement s WHERE s.id = NEW.statement_id FOR NO KEY UPDATE;
  IF of_statement.state <> 'draft' THEN
    PERFORM refuse('settlement_content_fixed', jsonb_build_object('settlement', settlement_name(of_statement.id), 'state', of_statement.state));
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.is_removed OR to_jsonb(NEW) - 'is_removed' IS DISTINCT FROM to_jsonb(OLD) - 'is_removed') THEN
    PERFORM refuse('settlement_line_fixed', jsonb_build_object('line', OLD.description));
  END IF;
  RETURN NEW;
END $$;

-- After lines were written their statements are added up anew.
CREATE OR REPLACE FUNCTION add_up_settlement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE billing_settlementstatement s SET version = s.version + 1 WHERE s.id IN (SELECT n.statement_id FROM new_rows n);
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_settlement BEFORE INSERT OR UPDATE ON billing_settlementstatement
  FOR EACH ROW EXECUTE FUNCTION keep_settlement();
ALTER TABLE billing_settlementstatement ENABLE ALWAYS TRIGGER keep_settlement;
CREATE OR REPLACE TRIGGER keep_settlement_line BEFORE INSERT OR UPDATE ON billing_settlementline
  FOR EACH ROW EXECUTE FUNCTION keep_settlement_line();
CREATE OR REPLACE TRIGGER add_up_new_settlement_lines AFTER INSERT ON billing_settlementline REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION add_up_settlement();
CREATE OR REPLACE TRIGGER add_up_changed_settlement_lines AFTER UPDATE ON billing_settlementline REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION add_up_settlement();
ALTER TABLE billing_settlementline ENABLE ALWAYS TRIGGER keep_settlement_line, ENABLE ALWAYS TRIGGER add_up_new_settlement_lines,
  ENABLE ALWAYS TRIGGER add_up_changed_settlement_lines;

SELECT refuse_removals_of('billing_settlementstatement');
SELECT refuse_removals_of('billing_settlementline');
SELECT refuse_removals_of('billing_settlementnumber');
SELECT record_changes_of('billing_settlementstatement');
SELECT record_changes_of('billing_settlementline');
