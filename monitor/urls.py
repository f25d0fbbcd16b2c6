"""The addresses of the pages."""

from allauth.socialaccount.providers.openid_connect.views import callback
from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from monitor.models.catalog import NUM_IID
from monitor.pages.alerts import files as alert_files
from monitor.pages.alerts import views as alerts
from monitor.pages.app import views as app
from monitor.pages.channels import views as channels
from monitor.pages.compare import views as compare
from monitor.pages.door import login, privacy, recover, sign_on
from monitor.pages.door import views as door
from monitor.pages.help import views as help_
from monitor.pages.imports import views as imports
from monitor.pages.product import charts, exports
from monitor.pages.product import views as product
from monitor.pages.products import files as product_files
from monitor.pages.products import sheet
from monitor.pages.products import verbs as product_verbs
from monitor.pages.products import views as products
from monitor.pages.rivals import views as rivals
from monitor.pages.rules import views as rules
from monitor.pages.search import views as search
from monitor.pages.settings import activity, delete_account, my_data, security, tokens
from monitor.pages.settings import views as settings
from monitor.pages.shop import assortment_table
from monitor.pages.shop import follows as shop_follows
from monitor.pages.shop import views as shop
from monitor.pages.today import views as today
from monitor.pages.usage import views as usage
from monitor.pages.watchlists import files as list_files
from monitor.pages.watchlists import sharing
from monitor.pages.watchlists import shops as list_shops
from monitor.pages.watchlists import views as watchlists


class NumIid(StringConverter):
    """A product ID: text, because it is too long for JavaScript's numbers."""

    regex = NUM_IID


register_converter(NumIid, "num_iid")

app_name = "monitor"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.today, name="today"),
    path("seen/", today.seen, name="seen"),
    path("frame/", today.frame, name="frame"),
    path("help/", help_.help_page, name="help"),
    path("help/programs/", help_.programs, name="help-programs"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("sw.js", app.worker, name="worker"),
    path("offline/", app.offline, name="offline"),
    path("login/", login.login, name="login"),
    path("logout/", door.logout, name="logout"),
    path("language/", door.language, name="language"),
    path("register/", door.register, name="register"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("forgotten/", door.forgotten, name="forgotten"),
    path("forgotten/<str:token>/", door.reset, name="reset"),
    path("settings/", settings.settings, name="settings"),
    path("settings/password/", settings.password, name="password"),
    path("settings/address/", settings.new_address, name="new-address"),
    path("settings/address/try/", settings.try_address, name="try-address"),
    path("settings/address/<str:token>/", settings.address, name="address"),
    path("settings/sessions/", settings.end_sessions, name="sessions"),
    path("settings/activity/", activity.activity, name="activity"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/new/", tokens.new_token, name="token-new"),
    path("settings/tokens/<int:token_key>/end/", tokens.end_token, name="token-end"),
    path("settings/my-data/", my_data.my_data, name="my-data"),
    path("settings/delete/", delete_account.delete_account, name="delete-account"),
    path("account/recover/<str:token>/", recover.recover, name="recover"),
    path("channels/", channels.channels, name="channels"),
    path("channels/hours/", channels.hours, name="hours"),
    path("channels/browser/", channels.add_browser, name="channel-browser"),
    path("channels/browser/renew/", channels.renew_browser, name="channel-renew"),
    path("channels/<int:pk>/", channels.channel, name="channel"),
    path("channels/<int:pk>/mend/", channels.mend, name="channel-mend"),
    path("channels/<int:pk>/remove/", channels.remove, name="channel-remove"),
    path("channels/<int:pk>/secret/", channels.new_secret, name="channel-secret"),
    path("channels/<int:pk>/messages/<int:message>/", channels.message, name="channel-message"),
    path("channels/<int:pk>/messages/<int:message>/again/", channels.again, name="channel-again"),
    path("products/", products.products, name="products"),
    path("products/export.csv", product_files.as_file, {"extension": "csv"}, name="products-csv"),
    path(
        "products/export.xlsx", product_files.as_file, {"extension": "xlsx"}, name="products-xlsx"
    ),
    path("products/sheet/", sheet.sheet, name="sheet"),
    path("products/sheet/<int:sheet>/", sheet.preview, name="sheet-preview"),
    path("products/shops/", products.shop_choice, name="shop-choice"),
    path("search/", search.search, name="search"),
    path("products/add/", imports.add, name="add"),
    path("products/add/<int:draft>/", imports.import_, name="import"),
    path("products/add/<int:draft>/undo/", imports.undo, name="import-undo"),
    path("products/undo/", product_verbs.undo, name="undo"),
    path("products/many/", product_verbs.many, name="products-many"),
    path("views/save/", products.save_view, name="view-save"),
    path("views/<int:pk>/delete/", products.delete_view, name="view-delete"),
    path("products/<num_iid:num_iid>/", product.product, name="product"),
    path("products/<num_iid:num_iid>/series/", charts.series, name="product-series"),
    path("products/<num_iid:num_iid>/compare/", compare.compare, name="compare"),
    path("products/<num_iid:num_iid>/compare/series/", compare.series, name="compare-series"),
    path(
        "products/<num_iid:num_iid>/export.csv",
        exports.as_file,
        {"extension": "csv"},
        name="export-csv",
    ),
    path(
        "products/<num_iid:num_iid>/export.xlsx",
        exports.as_file,
        {"extension": "xlsx"},
        name="export-xlsx",
    ),
    path("products/<num_iid:num_iid>/check/", product.check, name="check"),
    path("rivals/", rivals.rivals, name="rivals"),
    path("rivals/add/", rivals.add, name="rivals-add"),
    path("rivals/undo/", rivals.undo, name="rivals-undo"),
    path("rivals/<int:pk>/", rivals.pairing, name="rivals-choose"),
    path("shops/<int:pk>/", shop.shop, name="shop"),
    path("shops/<int:pk>/series/", shop.series, name="shop-series"),
    path("shops/<int:pk>/sold/", shop.sold, name="shop-sold"),
    path("shops/<int:pk>/range/", assortment_table.products, name="shop-assortment"),
    path("shops/<int:pk>/range/add/", assortment_table.add, name="shop-assortment-add"),
    path("shops/<int:pk>/follow/", shop_follows.follow, name="follow"),
    path("follows/<int:pk>/", shop_follows.terms, name="follow-terms"),
    path("follows/<int:pk>/end/", shop_follows.unfollow, name="unfollow"),
    path("follows/undo/", shop_follows.undo, name="follow-undo"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/export.csv", alert_files.as_file, {"extension": "csv"}, name="alerts-csv"),
    path("alerts/export.xlsx", alert_files.as_file, {"extension": "xlsx"}, name="alerts-xlsx"),
    path("alerts/read/", alerts.read, name="alerts-read"),
    path("alerts/unread/", alerts.unread, name="alerts-unread"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("products/<num_iid:num_iid>/mute/", alerts.mute, name="mute"),
    path("products/<num_iid:num_iid>/unmute/", alerts.unmute, name="unmute"),
    path("invitations/<str:token>/", door.invitation, name="invitation"),
    # Short: it has to fit into a line of a mail's header.
    path("u/<str:token>/", door.leave_mails, name="leave-mails"),
    path("usage/", usage.usage, name="usage"),
    path("watchlists/", watchlists.watchlists, name="watchlists"),
    path("watchlists/<int:pk>/", watchlists.watchlist, name="watchlist"),
    path("watchlists/<int:pk>/sold/", watchlists.sold, name="watchlist-sold"),
    path("watchlists/<int:pk>/shops/", list_shops.shops, name="watchlist-shops"),
    path("watchlists/<int:pk>/pause/", watchlists.pause, name="watchlist-pause"),
    path("watchlists/<int:pk>/delete/", watchlists.delete, name="watchlist-delete"),
    path("watchlists/<int:pk>/restore/", watchlists.restore, name="watchlist-restore"),
    path("watchlists/<int:pk>/leave/", sharing.leave, name="watchlist-leave"),
    path("watchlists/<int:pk>/transfer/", sharing.transfer, name="watchlist-transfer"),
    path("watchlists/<int:pk>/costs/", sharing.costs, name="watchlist-costs"),
    path("watchlists/<int:pk>/invite/", sharing.invite, name="watchlist-invite"),
    path(
        "watchlists/<int:pk>/invitations/<int:invitation>/resend/",
        sharing.resend,
        name="invitation-resend",
    ),
    path(
        "watchlists/<int:pk>/invitations/<int:invitation>/withdraw/",
        sharing.withdraw,
        name="invitation-withdraw",
    ),
    path("watchlists/<int:pk>/members/<int:member>/role/", sharing.role, name="member-role"),
    path("watchlists/<int:pk>/members/<int:member>/remove/", sharing.remove, name="member-remove"),
    path(
        "watchlists/<int:pk>/changes.csv",
        list_files.changes,
        {"extension": "csv"},
        name="changes-csv",
    ),
    path(
        "watchlists/<int:pk>/changes.xlsx",
        list_files.changes,
        {"extension": "xlsx"},
        name="changes-xlsx",
    ),
    path("watchlists/<int:watchlist>/rules/", rules.rules, name="watchlist-rules"),
    path("watchlists/<int:watchlist>/rules/trial/", rules.try_new, name="watchlist-rules-trial"),
    path("watches/<int:pk>/values/", product.own_values, name="watch-values"),
    path("watches/<int:watch>/rules/", rules.rules, name="watch-rules"),
    path("watches/<int:watch>/rules/trial/", rules.try_new, name="watch-rules-trial"),
    path("watches/<int:pk>/rules/reset/", rules.reset, name="watch-rules-reset"),
    path("rules/<int:pk>/", rules.alter, name="rule"),
    path("rules/<int:pk>/trial/", rules.try_altered, name="rule-trial"),
    path("rules/<int:pk>/pause/", rules.pause, name="rule-pause"),
    path("rules/<int:pk>/delete/", rules.delete, name="rule-delete"),
    path("rules/undo/", rules.undo, name="rules-undo"),
]

OIDC = {"provider_id": "oidc"}
#: The pages of allauth that are used, under the names that allauth looks for.
allauth_urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", login.login, name="account_login"),
    path("login/second-factor/", login.second_factor, name="mfa_authenticate"),
    path("login/code/", login.ask_for_code, name="account_request_login_code"),
    path("login/code/enter/", login.enter_code, name="account_confirm_login_code"),
    path("register/", door.register, name="account_signup"),
    path("login/passkey/", login.passkey_login, name="mfa_login_webauthn"),
    path("login/with/oidc/", sign_on.start, OIDC, name="openid_connect_login"),
    path("login/with/oidc/callback/", callback, OIDC, name="openid_connect_callback"),
    path("settings/security/sites/<int:connection>/", security.disconnect, name="site-disconnect"),
    path("confirm/", login.confirm_password, name="account_reauthenticate"),
    path("confirm/code/", login.confirm_code, name="mfa_reauthenticate"),
    path("confirm/passkey/", login.confirm_passkey, name="mfa_reauthenticate_webauthn"),
    path("settings/security/", security.index, name="mfa_index"),
    path("settings/security/app/", security.new_app, name="mfa_activate_totp"),
    path("settings/security/app/remove/", security.remove_app, name="mfa_deactivate_totp"),
    path("settings/security/passkeys/", security.new_passkey, name="mfa_add_webauthn"),
    path(
        "settings/security/passkeys/<int:passkey>/remove/",
        security.remove_passkey,
        name="mfa_remove_webauthn",
    ),
    path("settings/security/codes/", security.codes, name="mfa_view_recovery_codes"),
    path("settings/security/codes/new/", security.new_codes, name="mfa_generate_recovery_codes"),
    path(
        "settings/security/codes/recovery-codes.txt",
        security.codes_as_file,
        name="mfa_download_recovery_codes",
    ),
]
