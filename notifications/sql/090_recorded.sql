-- The tables of this app whose every change is an event of the audit trail.
SELECT record_changes_of('notifications_notice', quiet => 'attempts,next_attempt_at,last_error', hidden => 'text,html');
