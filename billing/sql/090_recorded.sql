-- The tables of this app whose rows nobody removes, and whose every change is an event of the audit trail.
SELECT refuse_removals_of('billing_timeentry');
SELECT refuse_removals_of('billing_invoice');
SELECT refuse_removals_of('billing_invoiceline');
SELECT refuse_removals_of('billing_invoicenumber');
SELECT refuse_changes_of('billing_timeimport');
SELECT record_changes_of('billing_timeentry');
SELECT record_changes_of('billing_timeimport');
SELECT record_changes_of('billing_invoice');
SELECT record_changes_of('billing_invoiceline');
