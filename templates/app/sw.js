{% load i18n static %}{% get_current_language as language %}
// A change of this file, by another language or release, makes browsers fetch the kept files again.
self.site = {
  language: "{{ language }}",
  icon: "{% static "icon-192.png" %}",
  offline: "{% url "monitor:offline" %}",
  renew: "{% url "monitor:channel-renew" %}",
  files: [
    "{% static "favicon.svg" %}",
    "{% static "icons.svg" %}",
    "{% static "vendor/tabler/css/tabler.min.css" %}",
    "{% static "css/app.css" %}",
    "{% static "css/touch.css" %}",
    "{% static "css/today.css" %}",
    "{% static "css/doors.css" %}",
    "{% static "css/print.css" %}",
    "{% static "django_htmx/htmx-2.min.js" %}",
    "{% static "js/theme.js" %}",
    "{% static "js/base.js" %}",
    "{% static "js/use.js" %}",
    "{% static "js/ago.js" %}",
    "{% static "js/offline.js" %}",
  ],
};
importScripts("{% static "js/worker.js" %}");
