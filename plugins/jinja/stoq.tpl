{# SPDX-License-Identifier: Apache-2.0 #}
{# A scan as a page of HTML. #}
{# A result of any shape; what is nested deeper than eight times stands as it is. #}
{% macro show(value, depth=0) %}
{% if value is mapping and value and depth < 8 %}
<table>
{% for name, part in value.items() %}
<tr><th>{{ name }}</th><td>{{ show(part, depth + 1) }}</td></tr>
{% endfor %}
</table>
{% elif value is sequence and value is not string and value is not mapping and value and depth < 8 %}
<ul>
{% for part in value %}
<li>{{ show(part, depth + 1) }}</li>
{% endfor %}
</ul>
{% elif value is none %}
&ndash;
{%- else %}
{{ value }}
{%- endif %}
{% endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Scan {{ response.scan_id }}</title>
<style>
body { font-family: sans-serif; margin: 2em; }
section { border-top: 1px solid #999; margin-top: 2em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #ccc; padding: .2em .5em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.errors { color: #a00; }
</style>
</head>
<body>
<h1>Scan {{ response.scan_id }}</h1>
<p>{{ response.time }}: {{ response.results|length }} payload{{ 's' if response.results|length != 1 }}</p>
{% if response.request_meta.source %}
<p>Source: {{ response.request_meta.source }}</p>
{% endif %}
{% if response.request_meta.extra_data %}
<h2>Request</h2>
{{ show(response.request_meta.extra_data) }}
{% endif %}
{% if response.errors %}
<h2>Errors</h2>
<ul class="errors">
{% for plugin, texts in response.errors|dictsort %}
{% for text in texts %}
<li>{{ plugin }}: {{ text }}</li>
{% endfor %}
{% endfor %}
</ul>
{% endif %}
{% if response.limits %}
<h2>Limits reached</h2>
{{ show(response.limits) }}
{% endif %}
{% for payload in response.results %}
<section id="{{ payload.payload_id }}">
<h2>{{ payload.payload_meta.extra_data.filename|default(payload.payload_id) }}</h2>
<p>{{ payload.size }} bytes
{%- if payload.extracted_from %}
, extracted from <a href="#{{ payload.extracted_from }}">{{ payload.extracted_from }}</a> by {{ payload.extracted_by }}
{%- endif %}
{% for plugins in payload.plugins_run.workers if plugins %}
{{- '; then ' if not loop.first else '; looked at by ' }}{{ plugins|join(', ') }}
{%- endfor %}
</p>
{% if payload.payload_meta.extra_data %}
{{ show(payload.payload_meta.extra_data) }}
{% endif %}
{% for round in payload.workers %}
{% for worker, result in round.items() %}
<h3>{{ worker }}</h3>
{{ show(result) }}
{% endfor %}
{% endfor %}
{% for archiver, result in payload.archivers.items() %}
<h3>Archived by {{ archiver }}</h3>
{{ show(result) }}
{% endfor %}
</section>
{% endfor %}
</body>
</html>
