-- What of a settlement statement was settled otherwise (SPEC flow Earned fee, two-person rules): the client's share or a lien left the
-- matter by a payment that names no statement. One person records it with its evidence, another confirms it.

-- What left a matter by an entry, since a day, and settles nothing yet: nothing of one that was reversed, or that a request made for a statement.
-- web role may execute
CREATE OR REPLACE FUNCTION left_by_entry(of_matter bigint, of_entry bigint, since date) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce((SELECT -sum(j.amount) FROM ledgers_journalline j JOIN ledgers_ledger l ON l.id = j.ledger_id
                    JOIN ledgers_journalentry e ON e.id = j.entry_id
                   WHERE e.id = of_entry AND l.matter_id = of_matter AND e.book_date >= since
                     AND e.kind IN ('disbursement', 'return', 'matter_transfer', 'bank_event')
                     AND NOT EXISTS (SELECT 1 FROM ledgers_journalentry u WHERE u.reverses_id = e.id)
                     AND NOT EXISTS (SELECT 1 FROM disbursements_disbursementrequest r WHERE r.entry_id = e.id AND r.settlement_id IS NOT NULL)), 0)::bigint
       - coalesce((SELECT sum(o.amount) FROM disbursements_settledotherwise o WHERE o.entry_id = of_entry
                    AND NOT EXISTS (SELECT 1 FROM disbursements_settledotherwisetakenback t WHERE t.settled_id = o.id)), 0)::bigint
$$;

-- A statement, held: its matter's ledgers first, as whoever moves their money holds them.
CREATE OR REPLACE FUNCTION hold_settlement(of_statement bigint) RETURNS billing_settlementstatement
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s billing_settlementstatement;
BEGIN
  PERFORM refuse_old_snapshot();
  PERFORM 1 FROM ledgers_ledger l WHERE l.matter_id = (SELECT b.matter_id FROM billing_settlementstatement b WHERE b.id = of_statement)
    ORDER BY l.id FOR NO KEY UPDATE;
  SELECT * INTO s FROM billing_settlementstatement b WHERE b.id = of_statement FOR NO KEY UPDATE;
  RETURN s;
END $$;

-- Refuse that an amount of a line (without one: of the client's share) counts as settled by an entry: only of a signed statement, at most
-- what is left of the line, and only money that has left.
-- web role may execute
CREATE OR REPLACE FUNCTION refuse_settled_otherwise(of_statement bigint, of_line bigint, of_entry bigint, cents bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  s billing_settlementstatement := hold_settlement(of_statement);
  paid_to text := '';
  most bigint := 0;
  facts jsonb;
  free bigint;
BEGIN
  IF s.state IN ('signed', 'authorized') IS NOT TRUE THEN
    PERFORM refuse('settlement_not_payable', jsonb_build_object('settlement', settlement_name(s.id), 'state', s.state));
  END IF;
  IF of_line IS NULL THEN
    paid_to := s.client_name; most := s.share;
  ELSE
    SELECT x.payee, x.amount INTO paid_to, most FROM billing_settlementline x
     WHERE x.id = of_line AND x.statement_id = s.id AND x.kind = 'lien' AND NOT x.is_removed;
  END IF;
  most := coalesce(most, 0) - settlement_asked(s.id, of_line);
  facts := jsonb_build_object('settlement', settlement_name(s.id), 'paid_to', coalesce(paid_to, 'a line of another statement'), 'wanted', cents);
  IF cents > most THEN
    PERFORM refuse('settlement_line_paid', facts || jsonb_build_object('line_amount', most + settlement_asked(s.id, of_line), 'left', most));
  END IF;
  free := left_by_entry(s.matter_id, of_entry, s.date);
  IF cents > free THEN
    PERFORM refuse('settlement_money_not_left', facts || jsonb_build_object('entry', of_entry, 'left', greatest(free, 0)));
  END IF;
END $$;

-- It is what two people have decided: exactly what one proposed and another confirmed.
CREATE OR REPLACE FUNCTION keep_settled_otherwise() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  decided jsonb := jsonb_build_object('settlement', NEW.statement_id, 'line', NEW.line_id, 'entry', NEW.entry_id, 'cents', NEW.amount,
    'evidence', NEW.evidence);
BEGIN
  IF NOT EXISTS (SELECT 1 FROM firms_proposal p WHERE p.id = NEW.proposal_id AND p.kind = 'disbursements.settled_otherwise'
      AND p.state = 'confirmed' AND p.content = decided AND is_second_person(p.proposed_by_id, p.decided_by_id)) THEN
    PERFORM refuse('second_person_needed', jsonb_build_object('what', 'settled_otherwise'));
  END IF;
  PERFORM refuse_settled_otherwise(NEW.statement_id, NEW.line_id, NEW.entry_id, NEW.amount);
  NEW.at := firm_now();
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_settled_otherwise BEFORE INSERT ON disbursements_settledotherwise
  FOR EACH ROW EXECUTE FUNCTION keep_settled_otherwise();
ALTER TABLE disbursements_settledotherwise ENABLE ALWAYS TRIGGER keep_settled_otherwise;

-- Two people may have been mistaken, and two people say so: then it is left to pay again, and a matter that had closed is closing.
CREATE OR REPLACE FUNCTION keep_taken_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  o disbursements_settledotherwise;
  s billing_settlementstatement;
BEGIN
  SELECT * INTO o FROM disbursements_settledotherwise b WHERE b.id = NEW.settled_id;
  IF NOT EXISTS (SELECT 1 FROM firms_proposal p WHERE p.id = NEW.proposal_id AND p.kind = 'disbursements.settled_otherwise_taken_back'
      AND p.state = 'confirmed' AND is_second_person(p.proposed_by_id, p.decided_by_id)
      AND p.content = jsonb_build_object('settlement', o.statement_id, 'settled_otherwise', o.id, 'entry', o.entry_id, 'reason', NEW.reason)) THEN
    PERFORM refuse('second_person_needed', jsonb_build_object('what', 'settled_otherwise_taken_back'));
  END IF;
  s := hold_settlement(o.statement_id);
  IF EXISTS (SELECT 1 FROM disbursements_settledotherwisetakenback t WHERE t.settled_id = o.id) THEN
    PERFORM refuse('taken_back_already', jsonb_build_object('settlement', settlement_name(s.id), 'entry', o.entry_id));
  END IF;
  UPDATE ledgers_matter m SET status = 'closing', version = m.version + 1 WHERE m.id = s.matter_id AND m.status = 'closed';
  NEW.at := firm_now();
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_taken_back BEFORE INSERT ON disbursements_settledotherwisetakenback
  FOR EACH ROW EXECUTE FUNCTION keep_taken_back();
ALTER TABLE disbursements_settledotherwisetakenback ENABLE ALWAYS TRIGGER keep_taken_back;

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['disbursements_settledotherwise', 'disbursements_settledotherwisetakenback'] LOOP
    PERFORM refuse_changes_of(t::regclass);
    PERFORM record_changes_of(t::regclass);
  END LOOP;
END $$;
