-- The delivery log is the evidence that a client was told: when the mail server has accepted the letter about an invoice, the
-- notice period of its authorization begins (SPEC flow Earned fee), in the transaction that writes it down.
CREATE OR REPLACE FUNCTION client_was_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM begin_notice((e.payload ->> 'authorization')::bigint, NEW.address, NEW.sent_at) FROM firms_outboxevent e WHERE e.id = NEW.event_id;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER client_was_told AFTER UPDATE ON notifications_notice
  FOR EACH ROW WHEN (NEW.kind = 'invoice_to_client' AND NEW.state = 'sent' AND OLD.state <> 'sent') EXECUTE FUNCTION client_was_told();
ALTER TABLE notifications_notice ENABLE ALWAYS TRIGGER client_was_told;
