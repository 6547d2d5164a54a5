{# SPDX-License-Identifier: Apache-2.0 #}
{# A scan as plain text. What comes from a payload stands in Python's notation, so that control characters in it
   cannot play with a terminal. #}
{% autoescape false %}
Scan {{ response.scan_id }}, {{ response.time }}
{% if response.request_meta.source %}
Source {{ '%r'|format(response.request_meta.source) }}
{% endif %}
{% for plugin, texts in response.errors|dictsort %}
{% for text in texts %}
Error of {{ plugin }}: {{ '%r'|format(text) }}
{% endfor %}
{% endfor %}
{% for limit in response.limits %}
Limit reached: {{ '%r'|format(limit) }}
{% endfor %}
{% for payload in response.results %}

Payload {{ payload.payload_id }}: {{ payload.size }} bytes
{%- if payload.payload_meta.extra_data.filename is defined %}
, {{ '%r'|format(payload.payload_meta.extra_data.filename) }}
{%- endif %}
{%- if payload.extracted_from %}
, extracted from {{ payload.extracted_from }} by {{ payload.extracted_by }}
{%- endif +%}
{% for round in payload.workers %}
{% for worker, result in round.items() %}
  {{ worker }}
{% if result is mapping %}
{% for name, value in result.items() %}
    {{ '%r'|format(name) }}: {{ '%r'|format(value) }}
{% endfor %}
{% else %}
    {{ '%r'|format(result) }}
{% endif %}
{% endfor %}
{% endfor %}
{% endfor %}
{% endautoescape %}
