-- The tables of this app whose every change is an event of the audit trail.
SELECT record_changes_of('firms_firm');
SELECT record_changes_of('firms_person', quiet => 'last_login', hidden => 'password');
SELECT record_changes_of('firms_rolegrant');
SELECT record_changes_of('firms_absence');
SELECT record_changes_of('firms_proposal');
SELECT record_changes_of('firms_apitoken', quiet => 'last_used_at,last_used_address', hidden => 'digest');
SELECT record_changes_of('firms_knowndevice', quiet => 'last_seen_at,user_agent', hidden => 'digest');
SELECT record_changes_of('firms_bankholiday');
SELECT record_changes_of('mfa_authenticator', quiet => 'last_used_at', hidden => 'data');
