-- The tables of this app whose every change is an event of the audit trail.
SELECT record_changes_of('compliance_trustexception', quiet => 'label,amount');
