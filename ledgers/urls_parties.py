"""The pages of clients, matters, accounts and the opening import."""

from django.urls import path

from ledgers.views import accounts_edit, closing, opening, parties, trust_accounts

urlpatterns = [
    path("clients/", parties.clients, name="clients"),
    path("clients/new/", parties.client_new, name="client_new"),
    path("clients/options/", parties.client_options, name="client_options"),
    path("clients/<int:client_id>/", parties.client, name="client"),
    path("clients/<int:client_id>/edit/", parties.client_edit, name="client_edit"),
    path("matters/", parties.matters, name="matters"),
    path("matters/new/", parties.matter_new, name="matter_new"),
    path("matters/<int:matter_id>/", parties.matter, name="matter"),
    path("matters/<int:matter_id>/edit/", parties.matter_edit, name="matter_edit"),
    path("matters/<int:matter_id>/start-closing/", closing.matter_start_closing, name="matter_start_closing"),
    path("matters/<int:matter_id>/re-open/", closing.matter_reopen, name="matter_reopen"),
    path("matters/<int:matter_id>/accounts/", parties.matter_accounts, name="matter_accounts"),
    path("matters/<int:matter_id>/walls/", parties.matter_wall_raise, name="matter_wall_raise"),
    path("matters/<int:matter_id>/walls/<int:wall_id>/lift/", parties.matter_wall_lift, name="matter_wall_lift"),
    path("trust-accounts/", trust_accounts.trust_accounts, name="trust_accounts"),
    path("trust-accounts/new/", accounts_edit.trust_account_new, name="trust_account_new"),
    path("trust-accounts/<int:account_id>/", trust_accounts.trust_account, name="trust_account"),
    path("trust-accounts/<int:account_id>/close/", closing.trust_account_close, name="trust_account_close"),
    path("trust-accounts/<int:account_id>/re-open/", closing.trust_account_reopen, name="trust_account_reopen"),
    path("trust-accounts/<int:account_id>/edit/", accounts_edit.trust_account_edit, name="trust_account_edit"),
    path("operating-accounts/new/", accounts_edit.operating_account_new, name="operating_account_new"),
    path(
        "operating-accounts/<int:account_id>/edit/", accounts_edit.operating_account_edit, name="operating_account_edit"
    ),
    path("imports/", opening.imports, name="imports"),
    path("imports/new/", opening.import_new, name="import_new"),
    path("imports/<int:run_id>/", opening.import_page, name="import"),
    path("imports/<int:run_id>/columns/", opening.import_map, name="import_map"),
    path("imports/<int:run_id>/deficits/", opening.import_deficits, name="import_deficits"),
    path("imports/<int:run_id>/discard/", opening.import_discard, name="import_discard"),
    path("imports/<int:run_id>/errors.csv", opening.import_errors, name="import_errors"),
    path("imports/<int:run_id>/progress/", opening.import_progress, name="import_progress"),
    path("imports/<int:run_id>/proof/", opening.import_proof, name="import_proof"),
    path("imports/<int:run_id>/propose/", opening.import_propose, name="import_propose"),
    path("imports/<int:run_id>/roll-back/", opening.import_roll_back, name="import_roll_back"),
]
