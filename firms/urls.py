"""The addresses of the pages of the firm."""

from django.urls import path

from firms.views import absences, audit, people, profile, proposals, settings

urlpatterns = [
    path("audit/", audit.audit_events_page, name="audit_events"),
    path("audit/verify/", audit.audit_verify, name="audit_verify"),
    path("audit/<int:event_id>/", audit.audit_event_page, name="audit_event"),
    path("people/", people.people_page, name="people"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/<int:person_id>/", people.person_page, name="person"),
    path("people/<int:person_id>/roles/", people.role_give, name="role_give"),
    path("people/<int:person_id>/roles/<int:grant_id>/revoke/", people.role_revoke, name="role_revoke"),
    path("people/<int:person_id>/deactivate/", people.person_deactivate, name="person_deactivate"),
    path("people/<int:person_id>/reactivate/", people.person_reactivate, name="person_reactivate"),
    path("people/<int:person_id>/password-link/", people.person_send_link, name="person_send_link"),
    path("absences/", absences.absences_page, name="absences"),
    path("absences/<int:absence_id>/end/", absences.absence_end, name="absence_end"),
    path("settings/", settings.firm_settings, name="firm_settings"),
    path("settings/solo-policy/", settings.solo_policy, name="solo_policy"),
    path("settings/solo-policy/end/", settings.solo_policy_end, name="solo_policy_end"),
    path("proposals/", proposals.proposals_page, name="proposals"),
    path("proposals/<int:proposal_id>/", proposals.proposal_page, name="proposal"),
    path("proposals/<int:proposal_id>/confirm/", proposals.proposal_confirm, name="proposal_confirm"),
    path("proposals/<int:proposal_id>/decline/", proposals.proposal_decline, name="proposal_decline"),
    path("proposals/<int:proposal_id>/withdraw/", proposals.proposal_withdraw, name="proposal_withdraw"),
    path("profile/", profile.profile, name="profile"),
    path("profile/passkey/<str:purpose>/", profile.passkey_challenge, name="passkey_challenge"),
    path("profile/sessions/end/", profile.sessions_end_others, name="sessions_end_others"),
    path("profile/devices/forget/", profile.devices_forget, name="devices_forget"),
    path("profile/sessions/<int:session_id>/end/", profile.session_end, name="session_end"),
    path("profile/tokens/<int:token_id>/revoke/", profile.token_revoke, name="token_revoke"),
]
