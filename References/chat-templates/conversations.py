"""What the templates are rendered with: conversations of every kind, and one context for the small templates."""


def message(role, content=None, **fields):
    return {"role": role, **({} if content is None else {"content": content}), **fields}


def user(text):
    return message("user", text)


def assistant(text=None, **fields):
    return message("assistant", text, **fields)


def system(text):
    return message("system", text)


def call(name, identifier="abcDEF123", **arguments):
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place.\nCelsius.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "Town & country, e.g. \"Zürich, CH\""},
                "days": {"type": "integer", "minimum": 1, "default": 1.0},
                "unit": {"enum": ["celsius", "kelvin"]},
                "hours": {"type": "array", "items": {"type": "number"}},
                "more": {"type": "object", "properties": {"deep": {"type": ["string", "null"]}}},
            },
            "required": ["place"],
        },
        "return": {"type": "string"},
    },
}
CLOCK = {
    "type": "function",
    "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}},
}

CHATS = {
    "one question": [user("Hello, how are you?")],
    "system and question": [system("You are terse."), user("Why?")],
    "two turns": [user("Hi"), assistant("Hello."), user("Who are you?")],
    "answered": [user("Hi"), assistant("Hello.")],
    "long": [system("Rules.\n\n1. Be kind.")]
    + [m for n in range(6) for m in (user(f"Question {n}?"), assistant(f"Answer {n}."))]
    + [user("And now?")],
    "system only": [system("Alone.")],
    "assistant first": [assistant("I start."), user("Oh.")],
    "two users": [user("One."), user("Two.")],
    "two assistants": [user("One."), assistant("A."), assistant("B."), user("Two.")],
    "late system": [user("Hi"), system("Too late."), user("Still here?")],
    "unknown role": [user("Hi"), message("narrator", "Meanwhile..."), user("Still here?")],
    "empty": [user("")],
    "empty system": [system(""), user("Hi")],
    "blanks": [system("  padded  \n"), user("\n\n  What?\t \n"), assistant("  That. \r\n"), user("\u00a0nbsp\u3000")],
    "unicode": [user("Grüße, 世界! 👩‍👩‍👧 e\u0301 \u0130 \u1e9e"), assistant("नमस्ते \u202e שלום"), user("\u2028\u0085end")],
    "braces": [user("{{ messages }} {% if x %} {# no #} {}"), assistant("}}%}#}"), user("{%- raw -%}{{-")],
    "markup": [user("<b>&amp;\"quoted\" 'single' \\ back\\nslash</b>"), assistant("</s><|im_end|>"), user("[INST] x [/INST]")],
    "code": [user("```python\nprint('a')\n```\n"), assistant("\tif x:\n\t\tpass\n\n"), user("ok\n")],
    "call": [
        system("Call."),
        user("Weather in Zürich?"),
        assistant(tool_calls=[call("get_weather", place="Zürich, CH", days=2)]),
        message("tool", "12 °C", tool_call_id="abcDEF123", name="get_weather"),
        assistant("Twelve degrees."),
        user("Thanks."),
    ],
    "two calls": [
        user("Time and weather?"),
        assistant("Let me look.", tool_calls=[call("now"), call("get_weather", "XYZ987654", place="\"x\"", hours=[1, 2.5, None])]),
        message("tool", "12:00", tool_call_id="abcDEF123"),
        message("tool", "{\"t\": 12}", tool_call_id="XYZ987654"),
    ],
    "bad identifier": [user("Time?"), assistant(tool_calls=[call("now", "short")]), message("tool", "12", tool_call_id="short")],
    "null members": [user("Hi"), {"role": "assistant", "content": None, "tool_calls": None, "name": None}, user("Hm?")],
    "mapping content": [user("Go"), assistant(tool_calls=[call("now")]), message("tool", {"content": {"a": 1}}, tool_call_id="abcDEF123")],
    "thought": [user("2+2?"), assistant("<think>\nEasy.\n</think>\n\n4"), user("3+3?"), assistant("<think>Hm.</think>6")],
    "reasoning": [user("2+2?"), assistant("4", reasoning_content="Two and two."), user("3?"), assistant("6", reasoning="Old name.")],
    "thinking": [user("2+2?"), assistant("4", thinking="T"), user("?"), assistant("5", thinking="T", reasoning_content="R")],
    "parts": [
        message("user", [{"type": "text", "text": "What is "}, {"type": "image"}, {"type": "text", "text": "this?"}]),
        assistant("A cat."),
        message("user", [{"type": "image", "image": "x.png"}]),
    ],
    "number content": [message("user", 42)],
    "no content": [message("user")],
}

DOCUMENTS = [
    {"title": "of mice and men", "text": "First line.\nSecond line.\n\nFourth."},
    {"title": "", "text": "No title."},
]


def contexts():
    """Each chat with and without the opening of an answer; those with tools, also with tools, and so on."""
    tokens = {"bos_token": "<s>", "eos_token": "</s>"}
    result = []
    for name, chat in CHATS.items():
        for opening in (False, True):
            result.append({"messages": chat, "add_generation_prompt": opening, "variables": tokens})
        if name in ("one question", "system and question", "two turns", "call", "two calls", "bad identifier", "system only"):
            result.append({"messages": chat, "add_generation_prompt": True, "tools": [WEATHER, CLOCK], "variables": tokens})
            result.append(
                {
                    "messages": chat,
                    "tools": [WEATHER],
                    "documents": DOCUMENTS,
                    "variables": {**tokens, "tools_in_question": False, "builtin_tools": ["interpreter", "now", "search"],
                                  "date": "1 Jan 1970", "enable_thinking": False},
                }
            )
    result.append({"messages": CHATS["two turns"], "add_generation_prompt": True})
    result.append({"messages": CHATS["one question"], "add_generation_prompt": True, "variables": {**tokens, "enable_thinking": False}})
    return result


def small_context():
    """The values that the small templates speak of."""
    return {
        "messages": CHATS["two turns"] + [assistant(tool_calls=[call("now", a=1, b="x")])],
        "tools": [WEATHER],
        "variables": {
            "n": 7,
            "big": 2**40,
            "zero": 0,
            "x": 2.5,
            "tiny": 1e-7,
            "huge": 1e22,
            "yes": True,
            "no": False,
            "nothing": None,
            "s": "  Hello, World!  ",
            "word": "straße",
            "lines": "one\n\n  two\r\nthree\n",
            "quote": "it's \"so\" \\ \t\u00e9\u200b\U0001f600",
            "empty": "",
            "list": [3, 1, 2],
            "words": ["banana", "Apple", "cherry", "apple"],
            "mixed": [1, "a", None, 2.0, True, [1, 2], {"k": "v"}],
            "dict": {"b": 1, "a": [1, 2], "C": None, "items": "own", "key with space": "v"},
            "people": [
                {"name": "Ann", "age": 30, "tags": ["x", "y"], "address": {"city": "Bern"}},
                {"name": "bob", "age": 25, "tags": [], "address": {"city": "Aarau"}},
                {"name": "Cy", "tags": ["y"], "age": 30},
            ],
            "pairs": [["a", 1], ["b", 2]],
        },
    }
