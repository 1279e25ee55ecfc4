"""Small templates, one construct each, and a generator of random ones."""

import random

# Templates by topic; each is a list of texts.
CONSTRUCTS = {
    "white space": [
        "  {% if yes %}  \n  a\n  {% endif %}  \nb",
        "a\n{% if yes %}\n  b\n{% endif %}\nc\n",
        "a\n  {%- if yes -%}  \n  b  \n{%- endif -%}\n c",
        "a\n  {%+ if yes +%}  \n  b  \n  {%+ endif +%}\n c",
        "a {% if yes %} b {% endif %} c",
        "  {{ n }}  \n  {{- n }}  \n  {{ n -}}  \n  {{- n -}}  \n",
        "a\n  {# note #}\nb  {# note #}  c\n  {#- note -#}\n d {#+ note +#}\n e",
        "{# {{ n }} {% if %} #}x{# multi\nline\n#}\ny",
        "a\n\n\n{% set q = 1 %}\n\n\nb",
        "a\r\n{% set q = 1 %}\r\nb\rc\r\n",
        "one\n",
        "one\n\n",
        "\n",
        "",
        "\n\n{{ n }}\n\n",
        "{% if yes %}\n\n{% endif %}\n\n",
        "{%if yes%}a{%endif%}{{n}}{{-n-}}",
        "\t \t{% if yes %}\tx\t{% endif %}\t",
        "x\u00a0\u3000{%- if yes -%}\u2028y{% endif %}",
        "{% raw %}{{ n }} {% if %}{% endraw %}",
        "a\n  {% raw %}\n  {{ n }}\n  {% endraw %}\n  b",
        "a\n  {%- raw -%}\n  {{ n }}\n  {%- endraw -%}\n  b",
        "a {% raw -%}  {# x #}  {%- endraw +%}\n b",
        "{{ '{{' }} {{ '%}' }} {{ \"#}\" }} }} %} #}",
        "{{ {'a': {'b': 1}} }}",
        "{{ {'a': {'b': 1}}['a']['b']}}",
        "{{-1}} {{+1}} {{ -1 }}{{ - 1 }}",
        "{{ n }}\n{{ n }}\n\n{{ n }}",
        "{% for i in list %}\n{{ i }}\n{% endfor %}\n.",
        "{% for i in list -%}\n  {{ i }}\n{%- endfor %}\n.",
        "{% for i in list %}\n  {%- if i > 1 %}\n    {{- i }}\n  {%- endif %}\n{%- endfor %}",
        "a{% set z %}\n b \n{% endset %}c[{{ z }}]",
        "{%  \n if \n yes \n %}x{%\tendif\t%}",
        "{% if yes: %}a{% else: %}b{% endif %}",
    ],
    "literals": [
        "{{ 1 }} {{ 1.5 }} {{ 1e3 }} {{ 1.0e-3 }} {{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 00 }}",
        "{{ 'a' }} {{ \"b\" }} {{ 'it\\'s' }} {{ \"q\\\"q\" }} {{ 'a' 'b' \"c\" }}",
        "{{ 'n\\nt\\tr\\rb\\\\x\\x41u\\u00e9U\\U0001f600o\\101 \\d \\q \\0' }}",
        "{{ '\\é\\中' }} {{ 'é中😀' }} {{ 'a\\\nb' }} {{ 'multi\nline' }}",
        "{{ true }} {{ false }} {{ none }} {{ True }} {{ False }} {{ None }}",
        "{{ [] }} {{ [1] }} {{ [1, 'a', none, true, 2.0] }} {{ [1, 2,] }}",
        "{{ () }} {{ (1,) }} {{ (1) }} {{ (1, 2) }} {{ 1, 2 }} {{ (1, (2, 3)) }}",
        "{{ {} }} {{ {'a': 1, 2: 'b', none: true, 1.5: []} }} {{ {'a': 1, 'a': 2} }} {{ {1: 'i', 1.0: 'f', true: 'b'} }}",
        "{{ 1e16 }} {{ 1e15 }} {{ 123456789012345680.0 }} {{ 1e-4 }} {{ 1e-5 }} {{ 0.1 }} {{ 1e22 }} {{ 1.5e300 }} {{ 100.0 }}",
        "{{ tiny }} {{ huge }} {{ x }} {{ -0.0 }} {{ 0.1 + 0.2 }} {{ 1 / 3 }} {{ 2 / 1 }}",
        "{{ quote }} {{ [quote] }} {{ ['it\\'s'] }} {{ ['\"'] }} {{ ['\\n\\x00\\x7f\\u00a0\\u200b\\ue000'] }}",
        "{{ dict }} {{ people }} {{ mixed }} {{ messages }}",
        "{{ 'é'|length }} {{ '👩‍👩‍👧'|length }} {{ 'e\u0301'|length }} {{ 'é' == 'e\u0301' }}",
    ],
    "operators": [
        "{{ 1 + 2 * 3 - 4 }} {{ 7 / 2 }} {{ 7 // 2 }} {{ 7 % 3 }} {{ 2 ** 10 }} {{ 2 ** -1 }}",
        "{{ -7 // 2 }} {{ -7 % 3 }} {{ 7 // -2 }} {{ 7 % -3 }} {{ -7.5 // 2 }} {{ -7.5 % 2 }} {{ 7.5 % -2 }} {{ -6 // 3 }}",
        "{{ -2 ** 2 }} {{ 2 ** 3 ** 2 }} {{ (-2) ** 2 }} {{ 2 ** 0.5 }} {{ 4 ** 0.5 }}",
        "{{ 1 + true }} {{ true + true }} {{ 1.0 + 1 }} {{ 3 * 'ab' }} {{ 'ab' * 2 }} {{ [1] * 2 }} {{ 'a' * -1 }}|{{ (1,) * 2 }}",
        "{{ 'a' + 'b' }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ 'a' ~ 1 ~ none ~ true ~ [1] ~ missing }}",
        "{{ 1 ~ 2 + 3 ~ 4 }}", "{{ 'a' ~ 1 + 1 }}", "{{ 1 + 'a' }}", "{{ 'a' + 1 }}", "{{ none + 1 }}", "{{ [1] + (2,) }}",
        "{{ 1 / 0 }}", "{{ 1 // 0 }}", "{{ 1 % 0 }}", "{{ 1.0 / 0 }}", "{{ 0 ** -1 }}", "{{ - 'a' }}", "{{ -none }}", "{{ +true }} {{ -true }}",
        "{{ 1 < 2 }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 1 == 1.0 }} {{ 1 == true }} {{ 'a' == 1 }} {{ 'a' < 'b' }} {{ 'a' < 'B' }}",
        "{{ [1, 2] < [1, 3] }} {{ (1, 2) < (1,) }} {{ [1] == [1.0] }} {{ [1] == (1,) }} {{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }}",
        "{{ 1 < 'a' }}", "{{ none < 1 }}", "{{ [1] < (1,) }}", "{{ {} < {} }}", "{{ missing < 1 }}", "{{ 1 < missing }}",
        "{{ 1 in [1, 2] }} {{ 'a' in 'abc' }} {{ '' in 'abc' }} {{ 'k' in {'k': 1} }} {{ 3 not in list }} {{ 1.0 in [1] }} {{ true in [1] }}",
        "{{ 1 in 'a' }}", "{{ 1 in none }}", "{{ 1 in missing }} {{ missing in [1] }} {{ missing in [missing] }}", "{{ [] in {} }}", "{{ missing in 'a' }}",
        "{{ 'x' in dict.values() }} {{ 'b' in dict.keys() }} {{ ('b', 1) in dict.items() }} {{ 2 in range(3) }}",
        "{{ true and 1 }} {{ 0 and 1 }} {{ '' or 'd' }} {{ none or [] or 5 }} {{ not '' }} {{ not 1 }} {{ not not 2 }}",
        "{{ not 1 == 2 }} {{ not (1 in [1]) }} {{ not 1 in [2] }} {{ 1 == 2 or 3 == 3 and false }}",
        "{{ 'a' if yes else 'b' }} {{ 'a' if no else 'b' }} [{{ 'a' if no }}] {{ 'a' if no else 'b' if no else 'c' }}",
        "{{ ('a' if no) is defined }} {{ 'x' ~ ('a' if no) ~ 'y' }} {{ 1 if yes else 1/0 }} {{ (1 if no).x }}",
        "{{ yes and not no and (n > 5 or x < 1) }} {{ (1, 2) if yes }} {{ 5 if n is odd else 6 }}",
        "{{ 1.5 // 0.5 }} {{ 1e300 * 10 }} {{ 5 % 2.5 }} {{ -0.0 }} {{ 0 * -1.5 }} {{ 3.7 // 1 }} {{ -3.7 // 1 }} {{ 1 // 0.1 }}",
        "{{ 9007199254740993 == 9007199254740992.0 }} {{ 9007199254740993 > 9007199254740992.0 }}",
        "{{ '%s' ~ 'x' }} {{ n ~ n }}",
    ],
    "attributes": [
        "{{ dict.b }} {{ dict['b'] }} {{ dict.missing }} {{ dict['missing'] is defined }} {{ dict.items() }} {{ dict['items'] }} {{ dict.keys() }} {{ dict.values() }}",
        "{{ people[0].name }} {{ people[-1]['name'] }} {{ people[5] }} {{ people[0].address.city }} {{ people.0.name }} {{ pairs.0.1 }}",
        "{{ missing }} [{{ missing }}]", "{{ missing.x }}", "{{ missing['x'] }}", "{{ missing[0] }}", "{{ missing() }}", "{{ missing[1:] }}", "{{ missing + 1 }}", "{{ -missing }}",
        "{{ dict.missing.x }}", "{{ people[2].address.city }}", "{{ none.x }} {{ n.foo }} {{ s.foo }} {{ list.foo }}", "{{ none.x.y }}", "{{ none['x'] }} {{ n[0] }} {{ list['a'] }} {{ s['upper']() }}",
        "{{ s[0] }}|{{ s[2] }}|{{ s[-3] }}|{{ s[99] }}|{{ word[4] }}", "{{ list[0] }} {{ list[-1] }} {{ list[3] }} {{ list[1.0] }} {{ list[true] }} {{ list[none] }}",
        "{{ s[2:7] }}|{{ s[:-2] }}|{{ s[::-1] }}|{{ s[::2] }}|{{ s[-5:] }}|{{ s[100:] }}|{{ s[5:2] }}|{{ s[-100:3] }}",
        "{{ list[1:] }} {{ list[:1] }} {{ list[::-1] }} {{ list[::2] }} {{ list[-2:] }} {{ list[:] }} {{ list[5:] }} {{ list[2:0:-1] }} {{ (1,2,3)[1:] }}",
        "{{ messages[1:] | length }} {{ messages[:-1] | length }} {{ messages[::2] | length }} {{ range(10)[2:8:3] }} {{ range(10)[::-1] | list }}",
        "{{ list[none:2] }} {{ list[0:none:none] }} {{ list[true:] }}", "{{ list['a':] }}", "{{ list[::0] }}", "{{ n[1:] }}", "{{ dict[1:] }}", "{{ nothing[:1] }}",
        "{{ dict.__class__ }} {{ ''.__class__ is defined }} {{ list.append }}", "{{ ''.__class__.__mro__ }}", "{{ list.append(1) }}", "{{ dict.update({}) }}", "{{ dict.pop('a') }}", "{{ dict.clear is defined }} {{ dict.clear }}",
        "{{ dict.get('b') }} {{ dict.get('zz') }} {{ dict.get('zz', 4) }} {{ dict.get(none) }} {{ dict.copy() == dict }}", "{{ dict.get() }}", "{{ dict.get([]) }}", "{{ dict['a'][1] }} {{ dict.a.0 }} {{ dict['key with space'] }}",
        "{{ list.count(1) }} {{ list.index(2) }} {{ (1, 1).count(1) }} {{ list.copy() }}", "{{ list.index(9) }}", "{{ n() }}", "{{ 'a'() }}", "{{ none() }}", "{{ dict.b() }}",
        "{{ messages[0].role }} {{ messages[0]['content'] }} {{ messages[-1].tool_calls[0].function.arguments.b }} {{ messages[-1].content }} {{ messages|length }}",
        "{{ {1: 'a'}[1] }} {{ {1: 'a'}[1.0] }} {{ {1: 'a'}[true] }} {{ {none: 1}[none] }} {{ {(1, 2): 3}[(1, 2)] }} {{ {'é': 1}['e\u0301'] }}", "{{ {[]: 1} }}", "{{ {}[[]] }}",
    ],
    "tests": [
        "{% for v in mixed + [missing, '', 0, (), range(2), 'AB', 'ab'] %}{{ v is defined }} {{ v is undefined }} {{ v is none }} {{ v is string }} {{ v is mapping }} {{ v is iterable }} {{ v is sequence }} {{ v is number }} {{ v is integer }} {{ v is float }} {{ v is boolean }} {{ v is true }} {{ v is false }} {{ v is callable }} {{ v is lower }} {{ v is upper }} {{ v is escaped }}\n{% endfor %}",
        "{{ dict.items() is iterable }} {{ dict.items() is sequence }} {{ dict.items() is mapping }} {{ list|map('string') is iterable }} {{ list|map('string') is sequence }} {{ range is callable }} {{ namespace() is mapping }} {{ namespace() is iterable }}",
        "{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ -3 is odd }} {{ 2.0 is even }} {{ true is odd }}",
        "{{ 1 is eq 1 }} {{ 1 is equalto 1.0 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 1 is lessthan 2 }} {{ 2 is gt 1 }} {{ 2 is greaterthan 1 }} {{ 1 is le 1 }} {{ 1 is ge 2 }}",
        "{{ 'a' is in 'abc' }} {{ 1 is in [1] }} {{ 1 is not in [1] }} {{ 2 is in {2: 1} }} {{ none is sameas none }} {{ true is sameas true }} {{ 1 is sameas true }}",
        "{{ missing is not defined }} {{ missing is defined and 1 }} {{ n is not none }} {{ dict.zz is defined }} {{ dict.b is defined }} {{ not n is defined }} {{ n is defined == true }}",
        "{{ 'a' is odd }}", "{{ none is even }}", "{{ n is nosuchtest }}", "{% if no %}{{ n is nosuchtest }}{% endif %}ok", "{% if yes %}{{ n is nosuchtest }}{% endif %}ok", "{{ n is divisibleby 0 }}",
        "{{ 'trim' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ 1 is defined is true }}", "{{ 'a' is string and 'b' is string }} {{ n is number or 1/0 }} {{ 5 if n is defined else 6 }}",
        "{{ list is iterable and list is not string and list is not mapping }} {{ people[0] is mapping }} {{ people[0].tags is sequence }}",
    ],
    "if": [
        "{% if yes %}a{% endif %}{% if no %}b{% endif %}", "{% if no %}a{% elif yes %}b{% else %}c{% endif %}", "{% if no %}a{% elif no %}b{% elif n == 7 %}c{% else %}d{% endif %}",
        "{% if missing %}a{% else %}b{% endif %}{% if [] %}c{% endif %}{% if '' %}d{% endif %}{% if 0.0 %}e{% endif %}{% if {} %}f{% endif %}{% if ' ' %}g{% endif %}",
        "{% if n > 5 and n < 10 or no %}in{% endif %}", "{% if yes %}{% if no %}a{% else %}b{% endif %}{% endif %}", "{% if range(0) %}a{% else %}b{% endif %}{% if dict.items() %}c{% endif %}",
        "{% if yes %}", "{% endif %}", "{% if %}a{% endif %}", "{% if yes %}a{% else %}b{% elif no %}c{% endif %}", "{% if yes %}a{% endfor %}", "{% if 1, 0 %}a{% endif %}",
    ],
    "set": [
        "{% set a = 1 %}{{ a }}{% set a = a + 1 %}{{ a }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set (a, b) = pairs[0] %}{{ a }}{{ b }}", "{% set a, (b, c) = 1, (2, 3) %}{{ a }}{{ b }}{{ c }}",
        "{% set a = 1, %}{{ a }}", "{% set a, b = 1 %}", "{% set a, b = 1, 2, 3 %}", "{% set a, b = 'xy' %}{{ b }}{{ a }}", "{% set a, b = dict %}", "{% set a %}x{{ n }}y{% endset %}[{{ a }}]", "{% set a | upper %}x{{ n }}y{% endset %}[{{ a }}]",
        "{% set a | trim | replace('x', 'z') %}  x{{ n }}y  {% endset %}[{{ a }}]", "{% set ns = namespace(a=1, b='x') %}{% set ns.a = ns.a + 1 %}{{ ns.a }}{{ ns.b }}{{ ns.c }}", "{% set ns = namespace() %}{% for i in list %}{% set ns.last = i %}{% endfor %}{{ ns.last }}",
        "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a + ns.b }}{{ ns['a'] }}{% set ns.c, d = 1, 2 %}{{ ns.c }}{{ d }}", "{% set ns = namespace(_a=1) %}", "{% set ns = namespace() %}{% set ns._a = 1 %}", "{% set ns = namespace() %}{% set ns.x %}block{{ n }}{% endset %}{{ ns.x }}", "{% set dict.b = 1 %}", "{% set missing.b = 1 %}", "{% set 1 = 2 %}", "{% set true = 2 %}", "{% set a.b.c = 2 %}", "{% set a['b'] = 2 %}",
        "{% for i in list %}{% set z = i %}{% endfor %}[{{ z }}]", "{% set z = 0 %}{% for i in list %}{{ z }}{% set z = i %}{{ z }}{% endfor %}[{{ z }}]", "{% for i in list %}{{ z }}{% set z = i %}{% endfor %}", "{% if yes %}{% set z = 1 %}{% endif %}{{ z }}", "{% if no %}{% set z = 1 %}{% endif %}[{{ z }}]", "{% if no %}{% set n = 1 %}{% endif %}[{{ n }}]", "{% if yes %}{% set n = 1 %}{% endif %}[{{ n }}]",
        "{% for i in list %}[{{ n }}]{% endfor %}{% set n = 1 %}{{ n }}", "{% set n = n + 1 %}{{ n }}", "{{ n }}{% set n = 9 %}{{ n }}", "{% for i in [1, 2] %}{% if i == 2 %}{% set n = i %}{% endif %}{{ n }}{% endfor %}{{ n }}", "{% for i in [1, 2] %}{% if i == 1 %}{% set q = i %}{% endif %}[{{ q }}]{% endfor %}",
        "{% set messages = messages[1:] %}{% for m in messages %}{{ m.role }}{% set messages = [] %}{% endfor %}{{ messages | length }}", "{% if not tools is defined %}{% set tools = none %}{% endif %}{{ tools is none }}", "{% if not q is defined %}{% set q = 'd' %}{% endif %}{{ q }}", "{% set q = q or 'd' %}{{ q }}", "{% set q = q | default('e') %}{{ q }}",
        "{% with %}{% set n = 1 %}{{ n }}{% endwith %}{{ n }}", "{% with a=1, b=n %}{{ a }}{{ b }}{% endwith %}[{{ a }}]", "{% with a = 1 %}{% with b = a + 1 %}{{ b }}{% endwith %}{% endwith %}", "{% set x = 1 %}{% with x = 2, y = x %}{{ x }}{{ y }}{% endwith %}{{ x }}",
        "{% set a %}{% set b = 5 %}{{ b }}{% endset %}{{ a }}[{{ b }}]", "{% set a = [] %}{% set a = a + [1] %}{{ a }}", "{% set loop = 1 %}{{ loop }}", "{% for i in list %}{% set loop = 1 %}{% endfor %}", "{% set a = b = 1 %}", "{% set a %}x", "{% filter upper %}a{{ s }}{% set q = 1 %}{% endfilter %}[{{ q }}]", "{% filter trim | replace('l', 'L') %}  {{ s }}{% endfilter %}|",
        "{% generation %}a{{ n }}{% set q = 1 %}{% endgeneration %}[{{ q }}]", "{%- for m in messages -%}{%- generation -%}{{ m.role }}{{ loop.index }}{%- endgeneration -%}{%- endfor -%}",
        "{% set x = 1 %}{% macro f() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ f() }}", "{% macro f() %}{{ later }}{% endmacro %}{% set later = 2 %}{{ f() }}", "{% macro f() %}{% set x = 9 %}{{ x }}{% endmacro %}{{ f() }}{{ x }}", "{% if yes %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a }}", "{% if no %}{% set a = 1 %}{% elif yes %}{% set b = 2 %}{% endif %}[{{ a }}][{{ b }}]",
    ],
    "for": [
        "{% for i in list %}{{ i }},{% endfor %}", "{% for i in [] %}a{% else %}b{% endfor %}", "{% for i in list %}a{% else %}b{% endfor %}", "{% for i in missing %}a{% else %}b{% endfor %}", "{% for i in none %}a{% endfor %}", "{% for i in n %}a{% endfor %}", "{% for c in 'añ😀' %}[{{ c }}]{% endfor %}", "{% for k in dict %}{{ k }},{% endfor %}", "{% for k, v in dict.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in dict | items %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in dict | dictsort %}{{ k }}={{ v }};{% endfor %}", "{% for v in dict.values() %}{{ v }};{% endfor %}",
        "{% for a, b in pairs %}{{ a }}{{ b }}{% endfor %}", "{% for (a, b) in pairs %}{{ a }}{{ b }}{% endfor %}", "{% for a, b in list %}{% endfor %}", "{% for a, b in [(1, 2, 3)] %}{% endfor %}", "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for i in 1, 2, 3 %}{{ i }}{% endfor %}", "{% for i in (1,) %}{{ i }}{% endfor %}",
        "{% for i in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}", "{% for i in list %}[{{ loop.previtem }}|{{ i }}|{{ loop.nextitem }}]{% endfor %}", "{% for i in list %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}", "{% for i in list %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for i in [1, 1, 2, 2, 1] %}{{ loop.changed(i) }}{% endfor %}", "{% for i in list %}{{ loop.nosuch }}{% endfor %}", "{{ loop }}", "{% for i in list %}{{ loop.cycle() }}{% endfor %}",
        "{% for i in list if i > 1 %}{{ i }}:{{ loop.index }}/{{ loop.length }}{{ loop.last }} {% endfor %}", "{% for i in list if i > 5 %}a{% else %}none{% endfor %}", "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m.content }}{% endfor %}", "{% for i in list if loop is undefined %}{{ i }}{% endfor %}", "{% for k, v in dict.items() if k != 'a' %}{{ k }}{% if not loop.last %}, {% endif %}{% endfor %}", "{% set ns = namespace(t=0) %}{% for i in [1, 2, 3, 4] if ns.t < 3 %}{% set ns.t = ns.t + i %}{{ i }}{% endfor %}",
        "{% for i in [1, 2, 3, 4] %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}.", "{% for i in [1, 2, 3, 4] %}{% if i == 3 %}{% continue %}{% endif %}{{ i }}{% endfor %}.", "{% for i in [1] %}{% break %}{% else %}else{% endfor %}", "{% for i in [1, 2] %}{% continue %}{% else %}else{% endfor %}", "{% break %}", "{% for i in list %}{% for j in list %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}", "{% for i in list %}{% set q %}a{% if i == 1 %}{% break %}{% endif %}b{% endset %}{{ q }}{% endfor %}", "{% for i in [1, 2] %}{% filter upper %}a{% if i == 1 %}{% continue %}{% endif %}b{% endfilter %}{% endfor %}", "{% if yes %}{% continue %}{% endif %}", "{% for i in list %}{% macro f() %}{% break %}{% endmacro %}{% endfor %}",
        "{% for i in list %}{% for j in list %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}", "{% for i in list %}{% set outer = loop %}{% for j in [1, 2] %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}", "{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(1, 4) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}", "{{ range(3) }} {{ range(1, 3) }} {{ range(0, 9, 3) }} {{ range(3) | list }} {{ range(5)[-1] }} {{ range(3) | length }} {{ range(0) | list }} {{ range(3, 0) | list }}", "{{ range(1, 10, 4) }} {{ range(7)[2:0] }} {{ range(1, 10, 4)[::-1] }} {{ range(9)[1:8:3] | list }}", "{{ range(100001) }}", "{{ range(1, 2, 0) }}", "{{ range('a') }}", "{{ range() }}", "{{ range(missing) }}", "{% for i in range(100001) %}{% endfor %}",
        "{% for i in list | map('string') %}{{ i }}{{ loop.last }}{{ loop.length }} {% endfor %}", "{% for i in list | select('odd') %}{{ i }}{{ loop.nextitem }} {% endfor %}", "{% for i in list | reverse %}{{ i }}{{ loop.revindex }}{% endfor %}", "{% for m in messages[::-1] %}{{ m.role }}{% endfor %}", "{% for loop in list %}{% endfor %}", "{% for i list %}{% endfor %}", "{% for 1 in list %}{% endfor %}", "{% for i in list %}a", "{% for i in %}{% endfor %}", "{% for i in list %}{{ i }}{% endfor %}[{{ i }}]", "{% set i = 9 %}{% for i in list %}{{ i }}{% endfor %}[{{ i }}]", "{% for i in [[1, 2], [3]] %}{% for i in i %}{{ i }}{% endfor %}{% endfor %}", "{% for m in messages %}{{ loop.index0 % 2 == 0 }}{{ messages[loop.index0 - 1].role }} {% endfor %}", "{% for x in x if yes else list %}{% endfor %}", "{% for i in (list if yes else []) %}{{ i }}{% endfor %}", "{% for i in list %}{{ loop }}{% endfor %}", "{% for i in namespace(a=1) %}{% endfor %}",
    ],
    "macro": [
        "{% macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(1, b=4) }} {{ f(b=5, a=6) }} [{{ f() }}]", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(c=2) }}", "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, a=2) }}", "{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, x=3) }}", "{% macro f(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}", "{% macro f(a=b, b=1) %}{{ a }}{{ b }}{% endmacro %}[{{ f() }}]", "{% macro f(a, b=1, c) %}{% endmacro %}", "{% macro f(a=x) %}{{ a }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "{% macro f(a) %}{{ a.missing is defined }}{% endmacro %}{{ f({}) }}", "{% macro f() %}  x  {% endmacro %}[{{ f() | trim }}]{{ f()|length }}", "{% macro f() -%}\n  x\n{%- endmacro %}[{{ f() }}]", "{{ f() }}{% macro f() %}x{% endmacro %}", "{% macro f() %}x{% endmacro %}{{ f }}{{ f is callable }}{{ f() is string }}", "{% for i in list %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}", "{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}body{{ n }}{% endcall %}", "{% macro f(x) %}[{{ caller(x, 2) }}]{% endmacro %}{% call(a, b) f(1) %}{{ a }}-{{ b }}{% endcall %}", "{% macro f() %}{{ caller }}{% endmacro %}[{{ f() }}]", "{% macro f() %}{{ caller() }}{% endmacro %}{{ f() }}", "{% call n %}{% endcall %}", "{% macro f() %}x{% endmacro %}{% call f() %}y{% endcall %}",
        "{% macro f(m) %}{% for k in m %}{{ loop.index }}{{ k }}{% endfor %}{% endmacro %}{{ f(['a', 'b']) }}", "{% macro a() %}A{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}", "{% macro f(x) %}{% if x %}{{ x }}{% else %}-{% endif %}{% endmacro %}{{ f() }}{{ f(0) }}{{ f(1) }}", "{% macro f() %}{% set q = 1 %}{% endmacro %}{{ f() }}[{{ q }}]", "{% macro f(x) %}{{ x }}", "{% macro f %}x{% endmacro %}", "{% macro %}x{% endmacro %}", "{% set ns = namespace(c=0) %}{% macro f() %}{% set ns.c = ns.c + 1 %}{% endmacro %}{{ f() }}{{ f() }}{{ ns.c }}", "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}", "{% if yes %}{% macro f() %}x{% endmacro %}{% endif %}{{ f() }}", "{% macro f(loop) %}{{ loop }}{% endmacro %}{{ f(1) }}", "{% for i in list %}{{ loop.index }}{% macro f() %}{{ loop.index }}{% endmacro %}{{ f() }}{% endfor %}",
    ],
    "filters": [
        "[{{ s | trim }}][{{ s | upper }}][{{ s | lower }}][{{ s | title }}][{{ s | capitalize }}][{{ s | length }}]", "{{ word | upper }} {{ word | title }} {{ word | capitalize }} {{ 'ΑΣ ΟΔΟΣ' | lower }} {{ 'ǆ' | capitalize }} {{ 'İ' | lower | length }} {{ 'hello-world (foo) [bar] <baz> it\\'s' | title }}", "{{ 'xxaxx' | trim('x') }} {{ n | upper }} {{ none | lower }} {{ missing | trim }}|{{ 12 | trim('1') }}",
        "{{ list | length }} {{ dict | count }} {{ '' | length }} {{ missing | length }} {{ dict.items() | length }}", "{{ n | length }}", "{{ none | length }}", "{{ list | map('string') | length }}", "{{ list | join }} {{ list | join(', ') }} {{ words | join('-') }} {{ people | join(',', attribute='name') }} {{ 'abc' | join('.') }} {{ [1, none, missing, 'x'] | join('|') }} {{ [] | join(',') }} {{ list | join(1) }} {{ dict | join(',') }}", "{{ none | join }}", "{{ missing | join(',') }}|",
        "{{ list | first }} {{ list | last }} {{ 'abc' | first }} {{ 'abc' | last }} {{ [] | first }} {{ [] | last }} {{ dict | first }} {{ dict | last }} {{ missing | first }} {{ missing | last }} {{ range(3) | last }} {{ list | map('string') | first }}", "{{ list | map('string') | last }}", "{{ none | first }}", "{{ n | last }}",
        "{{ missing | default('d') }} {{ missing | d('e') }} {{ '' | default('d') }}| {{ '' | default('d', true) }} {{ none | default('d') }} {{ none | default('d', boolean=true) }} {{ missing | default }}| {{ 0 | d(5, true) }} {{ missing | default(default_value=3) }} {{ missing.x | default('y') }}",
        "{{ 'aXbXc' | replace('X', '-') }} {{ 'aXbXc' | replace('X', '-', 1) }} {{ 'abc' | replace('', '.') }} {{ 'abc' | replace('', '.', 2) }} {{ 123 | replace(2, 'x') }} {{ 'a' | replace('a', none) }} {{ 'aaa' | replace('aa', 'b') }} {{ 'é' | replace('é', 'e') }} {{ 'abc' | replace('b', 'x', 0) }}", "{{ 'a' | replace('a') }}", "{{ 'a' | replace }}",
        "{{ dict | tojson }} {{ list | tojson }} {{ quote | tojson }} {{ none | tojson }} {{ x | tojson }} {{ tiny | tojson }} {{ yes | tojson }} {{ '<a>&\\'' | tojson }} {{ (1, 2) | tojson }} {{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }} {{ '\\x01\\x7f\\u2028\\b\\f' | tojson }} {{ [] | tojson }} {{ {} | tojson }}", "{{ people | tojson(indent=2) }}", "{{ tools | tojson(indent=4) }}", "{{ dict | tojson(2) }}", "{{ [[], {}, [1]] | tojson(indent=1) }}", "{{ dict | tojson(indent=0) }}", "{{ dict | tojson(sort_keys=true) }} {{ dict | tojson(separators=(',', ':')) }} {{ quote | tojson(ensure_ascii=true) }} {{ dict | tojson(indent='--') }} {{ dict | tojson(indent=2, separators=(',', ': ')) }} {{ dict | tojson(true) }} {{ dict | tojson(indent=none) }}", "{{ missing | tojson }}", "{{ dict.items() | tojson }}", "{{ {(1, 2): 3} | tojson }}", "{{ list | map('string') | tojson }}", "{{ {'a': 1, 2: 3} | tojson(sort_keys=true) }}", "{{ 1e400 | tojson }} {{ huge | tojson }}", "{{ dict | tojson(foo=1) }}", "{{ range(2) | tojson }}",
        "{{ list | map('string') | list }} {{ words | map('upper') | join(',') }} {{ people | map(attribute='name') | list }} {{ people | map(attribute='address.city') | list }}", "{{ people | map(attribute='address.city', default='-') | list }} {{ people | map(attribute='tags.0') | list }} {{ people | map(attribute='zip', default=0) | list }} {{ pairs | map(attribute=1) | list }} {{ pairs | map(attribute='0') | list }} {{ words | map('replace', 'a', 'o') | list }} {{ words | map('default', 'x') | list }} {{ pairs | map('first') | list }} {{ list | map('tojson') | join }}", "{{ list | map('nosuch') | list }}", "{{ list | map('nosuch') is defined }}", "{{ list | map | list }}", "{{ [1] | map(attribute='x', foo=1) | list }}", "{{ missing | map('upper') | list }}", "{{ none | map('upper') | list }}", "{{ list | map('map') | list }}",
        "{{ list | select | list }} {{ list | select('odd') | list }} {{ list | reject('odd') | list }} {{ [0, '', none, 1] | select | list }} {{ [0, '', none, 1] | reject | list }} {{ list | select('gt', 1) | list }} {{ list | select('in', [1, 2]) | list }} {{ mixed | select('string') | list }} {{ mixed | reject('none') | list }} {{ none | select | list }} {{ missing | select | list }}", "{{ people | selectattr('age', 'equalto', 30) | map(attribute='name') | list }} {{ people | selectattr('tags') | map(attribute='name') | list }} {{ people | rejectattr('address') | map(attribute='name') | list }} {{ people | selectattr('address', 'defined') | list | length }} {{ people | selectattr('age', '>', 25) | list | length }} {{ people | rejectattr('address', 'undefined') | list | length }} {{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('|') }} {{ messages | selectattr('role', 'in', ['user', 'tool']) | list | length }} {{ people | selectattr('name', 'ne', 'Ann') | list | length }}", "{{ people | selectattr }}", "{{ people | selectattr | list }}", "{{ list | select('nosuch') | list }}", "{{ people | selectattr('address.city', 'eq', 'Bern') | list | length }}", "{{ people | selectattr('address.city') | list | length }}", "{{ (people | selectattr('age', 'eq', 25) | first).name }} {{ people | map(attribute='age') | sum }}",
        "{{ list | list }} {{ 'abc' | list }} {{ dict | list }} {{ (1, 2) | list }} {{ dict.items() | list }} {{ dict | items | list }} {{ missing | list }} {{ missing | items | list }}", "{{ none | list }}", "{{ list | items }}", "{{ list | items | list }}", "{{ none | items | list }}", "{{ dict.items() | list | first | last }}",
        "{{ lines | indent }}|", "{{ lines | indent(2) }}|{{ lines | indent(2, true) }}|{{ lines | indent(2, blank=true) }}|{{ lines | indent('> ', first=true) }}|{{ '' | indent }}|{{ 'a' | indent(first=true) }}|{{ '' | indent(first=true) }}", "{{ n | indent }}", "{{ 'a\\nb' | indent(-1) }}", "{{ 'a\\u2028b\\x0cc\\x85d' | indent(1) }}",
        "{{ ('<b>' | safe) + '<i>&' }} {{ '<\\'\"' + ('<b>' | safe) }} {{ ('<' | safe) + ('>' | safe) }}", "{{ '<b>' | safe }} {{ n | string }} {{ none | string }} {{ [1] | string }} {{ missing | string }}| {{ '<a>' | safe | length }} {{ ('<a>' | safe) is string }} {{ '<a>' | safe | tojson }} {{ ('a' | safe) ~ '<' }} {{ ['a' | safe] }}", "{{ '12' | int }} {{ ' -3 ' | int }} {{ '4.7' | int }} {{ 'x' | int }} {{ 'x' | int(5) }} {{ 3.9 | int }} {{ -3.9 | int }} {{ none | int }} {{ true | int }} {{ '0x1f' | int(base=16) }} {{ '1f' | int(0, 16) }} {{ '1_000' | int }} {{ '' | int }} {{ [] | int(7) }} {{ '1e3' | int }} {{ 'inf' | int }} {{ 'nan' | int(3) }}", "{{ missing | int }}", "{{ '1.5' | float }} {{ 'x' | float }} {{ 'x' | float(2.5) }} {{ 3 | float }} {{ none | float }} {{ '1e3' | float }} {{ 'inf' | float }} {{ '-inf' | float }} {{ ' 2 ' | float }} {{ '.5' | float }} {{ '5.' | float }} {{ '1_0.5' | float }} {{ true | float }}", "{{ missing | float }}",
        "{{ -5 | abs }} {{ (-5) | abs }} {{ (-2.5) | abs }} {{ true | abs }}", "{{ 'a' | abs }}", "{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 2.5 | round(method='ceil') }} {{ 2.55 | round(1, 'floor') }} {{ -2.5 | round }} {{ 7 | round }} {{ 7 | round(2) }} {{ 7 | round(1, 'ceil') }} {{ 1e20 | round }} {{ 0.5 | round }} {{ 1.5 | round | int }} {{ 42.55 | round(1, 'common') }}", "{{ 2.5 | round(0, 'x') }}", "{{ 'a' | round }}", "{{ missing | round }}",
        "{{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ words | sort(reverse=true) }} {{ list | sort }} {{ people | sort(attribute='age') | map(attribute='name') | list }} {{ people | sort(attribute='age,name', reverse=true) | map(attribute='name') | list }} {{ 'bca' | sort }} {{ dict | sort }} {{ [] | sort }} {{ [true, 0, 2.5] | sort }}", "{{ mixed | sort }}", "{{ [1, missing] | sort }}", "{{ none | sort }}", "{{ words | unique | list }} {{ words | unique(case_sensitive=true) | list }} {{ people | unique(attribute='age') | map(attribute='name') | list }} {{ [1, 1.0, true, 2] | unique | list }}", "{{ [[1]] | unique | list }}", "{{ list | reverse | list }} {{ 'abc' | reverse }} {{ (1, 2) | reverse | list }} {{ dict | reverse | list }} {{ list | map('string') | reverse }} {{ list | reverse | first }}", "{{ none | reverse | list }}",
        "{{ list | min }} {{ list | max }} {{ words | min }} {{ words | max }} {{ words | min(case_sensitive=true) }} {{ people | max(attribute='age') }} {{ [] | min }} {{ 'abc' | max }} {{ [1, 1.0] | max }} {{ ['a', 'A'] | min }} {{ ['a', 'A'] | max }}", "{{ mixed | min }}", "{{ list | sum }} {{ people | sum(attribute='age') }} {{ list | sum(start=10) }} {{ [] | sum }} {{ [1.5, 2] | sum }} {{ pairs | sum(attribute=1) }} {{ [[1], [2]] | sum(start=[]) }}", "{{ words | sum }}", "{{ dict | dictsort }}", "{{ {'b': 2, 'A': 1, 'c': 0} | dictsort }} {{ {'b': 2, 'A': 1} | dictsort(true) }} {{ {'b': 2, 'A': 1, 'c': 0} | dictsort(false, 'value') }} {{ {'b': 2, 'A': 1} | dictsort(reverse=true) }}", "{{ {'a': 1, 2: 3} | dictsort }}", "{{ dict | dictsort(by='x') }}", "{{ list | dictsort }}",
        "{{ list | batch(2) | list }} {{ list | batch(2, 'x') | list }} {{ range(7) | batch(3) | list }} {{ list | slice(2) | list }} {{ list | slice(2, 'x') | list }} {{ range(7) | slice(3) | list }} {{ list | slice(5) | list }}", "{{ n | nosuch }}", "{% if no %}{{ n | nosuch }}{% endif %}ok", "{% if yes %}{{ n | nosuch }}{% endif %}ok", "{{ (n | nosuch) if no else 1 }}", "{{ n | upper(1) }}", "{{ s | trim(chars='H ') | lower }}", "{{ s | trim | upper | replace('L', '1') | length }}", "{{ (s | trim)[0] }} {{ s | trim [0] }}", "{{ 'a' | upper ~ 'b' | upper }} {{ 1 + 2 | string | length }} {{ -1 | abs }} {{ not n | string }} {{ 'a,b' .split(',') | join('|') }}", "{{ list | map('string') | join(',') | upper | list | length }}", "{% set g = list | map('string') %}{{ g | list }}{{ g | list }}",
    ],
    "methods": [
        "[{{ s.strip() }}][{{ s.lstrip() }}][{{ s.rstrip() }}][{{ 'xxaxx'.strip('x') }}][{{ 'abcba'.strip('ab') }}][{{ 'xa'.lstrip('x') }}][{{ s.strip(none) }}]", "{{ s.upper() }}{{ s.lower() }}{{ s.title() }}{{ 'hELLO wORLD it\\'s 3rd'.title() }}{{ 'hELLO'.capitalize() }}{{ 'ŉ ß'.title() }}{{ 'ﬁ'.capitalize() }}", "{{ 'a,b,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a  b '.split() }} {{ ' a  b c'.split(none, 1) }} {{ ' a  b c '.rsplit(none, 1) }} {{ ''.split(',') }} {{ ''.split() }} {{ 'abc'.split('abc') }} {{ 'a,b'.split(sep=',') }} {{ 'a b c'.split(maxsplit=1) }} {{ 'a,b'.split(',', maxsplit=0) }} {{ 'aXXXb'.split('XX') }} {{ 'aXXXb'.rsplit('XX', 5) }}", "{{ 'a'.split('') }}", "{{ 'a'.split(1) }}", "{{ lines.splitlines() }} {{ lines.splitlines(true) }} {{ 'a\\x0bb\\u2028c\\r\\rd'.splitlines() }} {{ ''.splitlines() }}",
        "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith('bc') }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('') }} {{ ''.startswith('a') }}", "{{ 'abc'.startswith(1) }}", "{{ 'abc'.startswith() }}", "{{ 'abc'.startswith(none) }}", "{{ 'aXbX'.replace('X', '-') }} {{ 'aXbX'.replace('X', '-', 1) }} {{ 'ab'.replace('', '-') }} {{ 'ab'.replace('b', '') }}", "{{ 'a'.replace(1, 2) }}", "{{ 'a'.replace('a') }}", "{{ ','.join(['a', 'b']) }} {{ ''.join('abc') }} {{ ', '.join(words) }} {{ '-'.join(dict) }} {{ ','.join(list | map('string')) }}", "{{ ','.join(list) }}", "{{ ','.join(none) }}", "{{ 'banana'.count('an') }} {{ 'aaa'.count('aa') }} {{ 'ab'.count('') }} {{ 'banana'.find('an') }} {{ 'banana'.rfind('an') }} {{ 'é😀x'.find('x') }} {{ 'a'.find('z') }} {{ 'banana'.index('n') }} {{ 'banana'.rindex('n') }} {{ 'a'.find('') }} {{ 'ab'.rfind('') }}", "{{ 'a'.index('z') }}",
        "{{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ 'abc'.removeprefix('x') }} {{ 'abc'.partition('b') }} {{ 'abc'.partition('x') }} {{ 'abcbd'.rpartition('b') }} {{ 'abc'.rpartition('x') }}", "{{ '12'.isdigit() }} {{ 'a1'.isdigit() }} {{ ''.isdigit() }} {{ 'ab'.isalpha() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ 'AB'.isupper() }} {{ 'ab'.islower() }} {{ 'aB'.islower() }} {{ '1'.isupper() }} {{ '²'.isdigit() }} {{ 'é'.isalpha() }} {{ 'a b'.isalnum() }}", "{{ 'a'.nosuch() }}", "{{ 'a'.upper is callable }}", "{{ 'a'.upper(1) }}", "{{ dict.items() }}{{ dict.keys() | list }}{{ dict.values() | list }}", "{{ dict.items(1) }}", "{{ people[0].get('name') }}{{ people[0].get('zip', 'none') }}{{ people[0].get('zip') }}", "{{ s.strip().split(', ')[1].rstrip('!').upper() }}", "{{ content.split('</think>')[-1] }}", "{{ (messages[1].content.split('l') | last).strip('.') }}", "{{ messages[0]['content'].strip() + '!' }}", "{{ messages.index(messages[1]) }} {{ messages.count(messages[0]) }}",
    ],
    "functions": [
        "{{ raise_exception('no ' ~ n) }}", "{% if no %}{{ raise_exception('x') }}{% endif %}fine", "{{ raise_exception() }}", "{{ raise_exception(1) }}", "{{ raise_exception('') }}", "{{ strftime_now('%Y-%m-%d') }} {{ strftime_now('%d %b %Y') }} {{ strftime_now('%A, %B %d, %H:%M:%S %p %j %y %a %I %M %% %e') }} {{ strftime_now is defined }}", "{{ dict(a=1, b=2) }}", "{% set dict = 1 %}{{ dict }}", "{{ namespace(a=1).a }}", "{{ range is defined }} {{ raise_exception is defined }} {{ nosuch is defined }} {{ namespace is callable }}", "{{ strftime_now() }}", "{{ strftime_now(1) }}", "{{ nosuch(1) }}", "{% set f = raise_exception %}{{ f('via f') }}", "{{ add_generation_prompt }} {{ documents }} {{ tools | length }}", "{{ bos_token }}|{{ eos_token is defined }}",
    ],
    "syntax": [
        "{{ }}", "{{ 1", "{{ 1 }", "{% if", "{# open", "{% raw %}open", "{{ 'open }}", "{{ a b }}", "{{ 1 + }}", "{{ (1 }}", "{{ [1 }}", "{{ 1) }}", "{{ {1} }}", "{{ {'a' 1} }}", "{% nosuch %}", "{% %}", "{{ a. }}", "{{ a.[1] }}", "{{ a[ ] }}", "{{ a | }}", "{{ a is }}", "{{ $ }}", "{{ a ! b }}", "{{ a = b }}", "{{ f(a=1, 2) }}", "{{ f(a=1, a=2) }}", "{{ 'a' if }}", "{{ if }}", "{{ for }}", "{{ not }}", "{{ 1a }}", "{{ 1.a }}", "{{ 1..2 }}", "{{ a; b }}", "{{ a ? b : c }}", "{{ a && b }}", "{% set %}", "{% set a %}", "{% set a = %}", "{% for %}", "{% endfor %}", "{% else %}", "{% if a %}{% for b in c %}{% endif %}{% endfor %}", "{{ 1 is odd is even }}", "{{ a if b else }}", "{{ 'é' + é }}", "{{ x.y.z() }}", "{{ 'a' \"b\" 'c' }}", "{{ [1, 2, 3,][2] }}", "{{ a, }}", "{{ , }}", "{{ (,) }}", "{{ [,] }}", "{{ lambda x: x }}", "{{ a := 1 }}", "{{ 0777 }}", "{{ 1__0 }}", "{{ 1_ }}", "{{ .5 }}", "{{ 5. }}", "{{ 1e }}", "{{ '\\x4' }}", "{{ '\\u12' }}", "} }} %} #} { {", "{{ '}}' }}{{ \"%}\" }}", "{ % if % }{ { n } }", "{{{ n }}}", "{{ {} }}}", "{%- -%}", "{{- -}}", "{{ n }}}}", "{{ n -}}   -}}", "{{ n.items }}", "{{ [1, [2, [3, [4]]]] }}{{ ((((1)))) }}", "{{ people | map(attribute=missing) | list }}",
    ],
}


def all_constructs():
    return [template for topic in CONSTRUCTS.values() for template in topic]


# MARK: Random templates

NAMES = ["n", "big", "zero", "x", "yes", "no", "nothing", "s", "word", "lines", "quote", "empty", "list", "words", "mixed",
         "dict", "people", "pairs", "messages", "missing", "a", "b", "ns", "i"]
STRINGS = ["''", "'a'", "'l'", "', '", "'Hello'", "' x '", "'é'", "'name'", "'b'", "'\\n'", "'1'", "'aXbX'"]
TESTS = ["defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "integer", "float", "boolean",
         "true", "false", "odd", "even", "lower", "upper", "callable"]
TESTS_1 = ["eq", "ne", "in", "lt", "gt", "equalto", "divisibleby"]
FILTERS = ["trim", "upper", "lower", "title", "capitalize", "length", "first", "last", "list", "string", "tojson", "reverse|list",
           "sort", "unique|list", "int", "float", "abs", "round", "min", "max", "sum", "join", "items|list", "default('d')",
           "d('e', true)", "join(', ')", "replace('l', 'L')", "indent(2)", "tojson(indent=2)", "map('string')|list",
           "map('upper')|join('-')", "select|list", "reject('string')|list", "select('number')|list",
           "map(attribute='name')|list", "selectattr('name')|list|length", "dictsort", "count", "batch(2)|list"]
METHODS = ["strip()", "lstrip()", "rstrip('!')", "upper()", "lower()", "title()", "capitalize()", "split()", "split(',')",
           "split('l', 1)", "rsplit('l', 1)", "splitlines()", "startswith('H')", "endswith('!')", "replace('l', '')", "items()",
           "keys()", "values()", "get('b')", "get('zz', 1)", "count('l')", "find('o')", "join(words)", "isdigit()", "index(1)"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "~", "~", "+", "==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or"]


class Random:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, values):
        return self.random.choice(values)

    def chance(self, share):
        return self.random.random() < share

    def expression(self, depth=0):
        kind = self.random.randrange(20) if depth < 4 else self.random.randrange(5)
        inner = lambda: self.expression(depth + 1)
        if kind < 3:
            return self.pick(NAMES)
        if kind == 3:
            return self.pick(STRINGS)
        if kind == 4:
            return self.pick(["0", "1", "2", "-1", "3", "1.5", "10", "true", "false", "none", "[]", "{}", "()"])
        if kind < 8:
            operator = self.pick(OPERATORS)
            if operator == "%":  # a string's % formats
                return f"({self.pick(['n', '7', 'x', '-3', 'big'])} % {inner()})"
            return f"({inner()} {operator} {inner()})"
        if kind < 11:
            return f"{self.atom(inner())}|{self.pick(FILTERS)}"
        if kind == 11:
            return f"{self.atom(inner())}.{self.pick(METHODS)}"
        if kind == 12:
            return f"({inner()} is {self.pick(['', 'not '])}{self.pick(TESTS)})"
        if kind == 13:
            return f"({inner()} is {self.pick(TESTS_1)}({inner()}))"
        if kind == 14:
            return f"{self.atom(inner())}[{self.pick(['0', '-1', '1', inner()])}]"
        if kind == 15:
            bounds = [self.pick(["", "1", "-1", "0", "2", "-2"]) for _ in range(2)]
            step = self.pick(["", "", ":-1", ":2", ":"])
            return f"{self.atom(inner())}[{bounds[0]}:{bounds[1]}{step}]"
        if kind == 16:
            return f"({inner()} if {inner()}{' else ' + inner() if self.chance(0.7) else ''})"
        if kind == 17:
            return f"{self.atom(inner())}.{self.pick(['name', 'b', 'role', 'x', 'items', 'age'])}"
        if kind == 18:
            return self.pick([f"[{inner()}, {inner()}]", f"{{'k': {inner()}}}", f"({inner()}, {inner()})"])
        return self.pick([f"not {inner()}", f"-{self.atom(inner())}", f"range({self.pick(['0', '3', 'n'])})", f"dict.get({inner()})"])

    def atom(self, text):
        return text if text.isidentifier() else f"({text})"

    def tag(self, body):
        return self.pick(["{% ", "{%- ", "{%- ", "{%+ "]) + body + self.pick([" %}", " -%}", " %}", " +%}"])

    def text(self):
        return self.pick(["", " ", "\n", "  \n", "\n  ", "x", " y ", "\n\n", "z\n", "\t", "{", "}", "\r\n", "é"])

    def statement(self, depth, loops):
        kind = self.random.randrange(15) if depth < 3 else self.random.randrange(6)
        name = self.pick(["a", "b", "i", "n", "q"])
        body = lambda inside=loops: self.block(depth + 1, inside)
        if kind < 4:
            return self.pick(["{{ ", "{{- "]) + self.expression() + self.pick([" }}", " -}}"])
        if kind == 4:
            return self.tag(f"set {name} = {self.expression(2)}")
        if kind == 5:
            return self.pick([self.tag("set ns.v = " + self.expression(2)), "{{ ns.v }}", "{# note #}", "{#- note -#}", "{{ " + name + " }}"])
        if kind < 9:
            parts = [self.tag(f"if {self.expression(2)}"), body()]
            if self.chance(0.3):
                parts += [self.tag(f"elif {self.expression(2)}"), body()]
            if self.chance(0.5):
                parts += [self.tag("else"), body()]
            return "".join(parts + [self.tag("endif")])
        if kind < 12:
            source = self.pick(["list", "words", "messages", "people", "dict", "range(3)", "'ab'", self.expression(3)])
            test = self.pick(["", "", f" if {self.expression(3)}"])
            inner = body(loops + 1) + self.pick(
                ["", "{{ loop.index }}", "{{ loop.first }}{{ loop.last }}", "{{ i }}", "{% if loop.last %}.{% endif %}",
                 "{% if loop.index > 1 %}{% break %}{% endif %}", "{% if loop.first %}{% continue %}{% endif %}"])
            other = self.tag("else") + body() if self.chance(0.2) else ""
            return self.tag(f"for {self.pick(['i', 'i', 'a', 'k, v'])} in {source}{test}") + inner + other + self.tag("endfor")
        if kind == 12:
            return self.tag(f"set {name}") + body(0) + self.tag("endset")
        if kind == 13:
            macro = self.pick(["f", "g"])
            return (self.tag(f"macro {macro}(a, b={self.expression(3)})") + self.block(depth + 1, 0) + self.tag("endmacro")
                    + "{{ " + f"{macro}({self.expression(3)}" + self.pick(["", f", b={self.expression(3)}", f", {self.expression(3)}"]) + ") }}")
        return self.tag("filter upper") + body(0) + self.tag("endfilter")

    def block(self, depth, loops):
        return "".join(self.text() + self.statement(depth, loops) for _ in range(self.random.randint(1, 3))) + self.text()

    def template(self):
        if self.chance(0.35):
            return "{{ " + self.expression() + " }}"
        return "{% set ns = namespace(v=0) %}" + self.block(0, 0)
