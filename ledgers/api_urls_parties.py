"""The addresses of the API of clients, matters and the opening import."""

from django.urls import path

from ledgers.api import accounts, closing, opening, parties, walls

urlpatterns = [
    path("attorneys", parties.AttorneysApi.as_view(), name="api-attorneys"),
    path("clients", parties.ClientsApi.as_view(), name="api-clients"),
    path("clients/<int:client_id>", parties.ClientApi.as_view(), name="api-client"),
    path("imports", opening.ImportsApi.as_view(), name="api-imports"),
    path("imports/upload", opening.ImportUploadApi.as_view(), name="api-import-upload"),
    path("imports/<int:run_id>", opening.ImportApi.as_view(), name="api-import"),
    path("imports/<int:run_id>/clients", opening.ImportClientsApi.as_view(), name="api-import-clients"),
    path("imports/<int:run_id>/confirm", opening.ImportConfirmApi.as_view(), name="api-import-confirm"),
    path("imports/<int:run_id>/deficits", opening.ImportDeficitsApi.as_view(), name="api-import-deficits"),
    path("imports/<int:run_id>/discard", opening.ImportDiscardApi.as_view(), name="api-import-discard"),
    path("imports/<int:run_id>/mapping", opening.ImportMappingApi.as_view(), name="api-import-mapping"),
    path("imports/<int:run_id>/problems", opening.ImportProblemsApi.as_view(), name="api-import-problems"),
    path("imports/<int:run_id>/propose", opening.ImportProposeApi.as_view(), name="api-import-propose"),
    path("imports/<int:run_id>/roll-back", opening.ImportRollBackApi.as_view(), name="api-import-roll-back"),
    path("matters", parties.MattersApi.as_view(), name="api-matters"),
    path("matters/<int:matter_id>", parties.MatterApi.as_view(), name="api-matter"),
    path("matters/<int:matter_id>/close", closing.MatterCloseApi.as_view(), name="api-matter-close"),
    path("matters/<int:matter_id>/re-open", closing.MatterReopenApi.as_view(), name="api-matter-re-open"),
    path("matters/<int:matter_id>/start-closing", closing.StartClosingApi.as_view(), name="api-matter-start-closing"),
    path("matters/<int:matter_id>/walls", walls.WallsApi.as_view(), name="api-matter-walls"),
    path("matters/<int:matter_id>/walls/<int:wall_id>/lift", walls.WallLiftApi.as_view(), name="api-matter-wall-lift"),
    path("operating-accounts", accounts.OperatingAccountsApi.as_view(), name="api-operating-accounts"),
    path("operating-accounts/<int:account_id>", accounts.OperatingAccountApi.as_view(), name="api-operating-account"),
    path("trust-accounts", parties.TrustAccountsWriteApi.as_view(), name="api-trust-accounts"),
    path("trust-accounts/<int:account_id>", accounts.TrustAccountEditApi.as_view(), name="api-trust-account"),
    path("trust-accounts/<int:account_id>/close", closing.TrustAccountCloseApi.as_view(), name="api-account-close"),
    path(
        "trust-accounts/<int:account_id>/re-open", closing.TrustAccountReopenApi.as_view(), name="api-account-re-open"
    ),
]
