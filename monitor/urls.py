"""The monitor's pages."""

from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from monitor.views import (
    accounts,
    alerts,
    charts,
    exports,
    imports,
    invitations,
    joining,
    product,
    product_verbs,
    products,
    rules,
    saved_views,
    settings,
    sharing,
    shop,
    today,
    usage,
    watchlist,
    watchlists,
)


class NumIid(StringConverter):
    """A product ID: text, because it does not fit into the numbers of a browser."""

    regex = "[0-9]{1,19}"


register_converter(NumIid, "num_iid")

app_name = "monitor"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.today, name="today"),
    path("seen/", today.seen, name="seen"),
    path("login/", accounts.login, name="login"),
    path("logout/", accounts.logout, name="logout"),
    path("language/", accounts.language, name="language"),
    path("register/", joining.register, name="register"),
    path("forgotten/", joining.forgotten, name="forgotten"),
    path("forgotten/<str:token>/", joining.reset, name="reset"),
    path("settings/", settings.settings, name="settings"),
    path("settings/password/", settings.password, name="password"),
    path("settings/address/", settings.new_address, name="new-address"),
    path("settings/address/<str:token>/", settings.address, name="address"),
    path("settings/sessions/", settings.end_sessions, name="sessions"),
    path("products/", products.products, name="products"),
    path("products/add/", imports.add, name="add"),
    path("products/add/<int:draft>/", imports.import_, name="import"),
    path("products/add/<int:draft>/problems.csv", imports.import_problems, name="import-problems"),
    path("products/add/<int:draft>/undo/", imports.undo, name="import-undo"),
    path("products/undo/", product_verbs.undo, name="undo"),
    path("products/many/", product_verbs.many, name="products-many"),
    path("views/save/", saved_views.save, name="view-save"),
    path("views/undo/", saved_views.undo, name="view-undo"),
    path("views/<int:pk>/", saved_views.rename, name="view-rename"),
    path("views/<int:pk>/delete/", saved_views.delete, name="view-delete"),
    path("products/<num_iid:num_iid>/", product.product, name="product"),
    path("products/<num_iid:num_iid>/series/", charts.product, name="product-series"),
    path("products/<num_iid:num_iid>/export.csv", exports.as_csv, name="export-csv"),
    path("products/<num_iid:num_iid>/export.xlsx", exports.as_xlsx, name="export-xlsx"),
    path("products/<num_iid:num_iid>/export.jsonl", exports.as_json, name="export-json"),
    path("products/<num_iid:num_iid>/changes/", product.changes, name="product-changes"),
    path("products/<num_iid:num_iid>/check/", product.check, name="check"),
    path("products/<num_iid:num_iid>/pause/", product_verbs.pause, name="pause"),
    path("products/<num_iid:num_iid>/resume/", product_verbs.resume, name="resume"),
    path("products/<num_iid:num_iid>/remove/", product_verbs.remove, name="remove"),
    path("shops/<int:pk>/", shop.shop, name="shop"),
    path("shops/<int:pk>/series/", shop.series, name="shop-series"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/read/", alerts.read, name="alerts-read"),
    path("alerts/unread/", alerts.unread, name="alerts-unread"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("products/<num_iid:num_iid>/mute/", alerts.mute, name="mute"),
    path("products/<num_iid:num_iid>/unmute/", alerts.unmute, name="unmute"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("usage/", usage.usage, name="usage"),
    path("watchlists/", watchlists.watchlists, name="watchlists"),
    path("watchlists/<int:pk>/", watchlist.watchlist, name="watchlist"),
    path("watchlists/<int:pk>/pause/", watchlist.pause, name="watchlist-pause"),
    path("watchlists/<int:pk>/delete/", watchlist.delete, name="watchlist-delete"),
    path("watchlists/<int:pk>/restore/", watchlists.restore, name="watchlist-restore"),
    path("watchlists/<int:pk>/leave/", sharing.leave, name="watchlist-leave"),
    path("watchlists/<int:pk>/transfer/", sharing.transfer, name="watchlist-transfer"),
    path("watchlists/<int:pk>/invite/", sharing.invite, name="watchlist-invite"),
    path("watchlists/<int:pk>/invitations/<int:invitation>/resend/", sharing.resend, name="invitation-resend"),
    path("watchlists/<int:pk>/invitations/<int:invitation>/withdraw/", sharing.withdraw, name="invitation-withdraw"),
    path("watchlists/<int:pk>/members/<int:member>/role/", sharing.role, name="member-role"),
    path("watchlists/<int:pk>/members/<int:member>/remove/", sharing.remove, name="member-remove"),
    path("watchlists/<int:pk>/rules/", rules.list_rules, name="watchlist-rules"),
    path("watches/<int:pk>/rules/", rules.watch_rules, name="watch-rules"),
    path("watches/<int:pk>/rules/reset/", rules.reset, name="watch-rules-reset"),
    path("rules/<int:pk>/", rules.alter, name="rule"),
    path("rules/<int:pk>/pause/", rules.pause, name="rule-pause"),
    path("rules/<int:pk>/delete/", rules.delete, name="rule-delete"),
    path("rules/undo/", rules.undo, name="rules-undo"),
]
