"""App configuration of firms."""

from django.apps import AppConfig


class FirmsConfig(AppConfig):
    """Firms."""

    name = "firms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of proposals known and listen to the sign-in."""
        from allauth.account import signals as account
        from allauth.mfa import signals as mfa
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

        from firms import people, policies, proposals, schema, sign_in  # noqa: F401 (schema registers itself)
        from firms.access import Capability

        roles, policy = Capability.CONFIRM_ROLES, Capability.SET_POLICIES
        proposals.register(people.GRANT_KIND, people.confirm_role, roles, "Role", people.describe_role)
        proposals.register(
            policies.POLICY_KIND, policies.apply_policies, policy, "Limits and policies", policies.describe_policies
        )
        proposals.register(proposals.SOLO_KIND, policies.record_solo_policy, policy, "Solo policy")
        user_logged_in.connect(sign_in.on_signed_in, dispatch_uid="firms.signed_in")
        user_logged_out.connect(sign_in.on_signed_out, dispatch_uid="firms.signed_out")
        user_login_failed.connect(sign_in.on_sign_in_refused, dispatch_uid="firms.sign_in_refused")
        for signal in (account.password_changed, account.password_reset):
            signal.connect(sign_in.on_password_changed, dispatch_uid=f"firms.password.{id(signal)}")
        for signal in (mfa.authenticator_added, mfa.authenticator_removed, mfa.authenticator_reset):
            signal.connect(sign_in.on_second_factor_changed, dispatch_uid=f"firms.second_factor.{id(signal)}")
