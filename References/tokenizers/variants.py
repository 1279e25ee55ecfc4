"""Changes to the two fixture tokenizers, so that every component is exercised: (name, base, parts to replace)."""

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CL100K = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s".replace("{1,3}+", "{1,3}")
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DEEPSEEK3 = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
FALCON = r"[\p{P}\$\+<=>\^~\|`]+"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def byte_level(prefix=False, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


def sequence(*parts):
    return {"type": "Sequence", "pretokenizers": list(parts)}


def digits(individual):
    return {"type": "Digits", "individual_digits": individual}


def split(expression, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: expression}, "behavior": behavior, "invert": invert}


def normalizers(*parts):
    return {"type": "Sequence", "normalizers": list(parts)}


def replace(pattern, content, kind="String"):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def added(content, **options):
    token = {"id": 0, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    return token | options


def template(before, after):
    def special(name):
        return {"SpecialToken": {"id": name, "type_id": 0}}

    ids = {"<|im_start|>": 1, "<|im_end|>": 2, "<s>": 1, "</s>": 2, "both": 0}
    names = before + after
    tokens = {name: {"id": name, "ids": [ids[name]], "tokens": [name]} for name in names}
    if "both" in tokens:
        tokens["both"] = {"id": "both", "ids": [1, 2], "tokens": ["<|im_start|>", "<|im_end|>"]}
    single = [special(n) for n in before] + [{"Sequence": {"id": "A", "type_id": 0}}] + [special(n) for n in after]
    pair = single + [{"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens}


def metaspace(scheme, splits=True):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": splits}


def decoders(*parts):
    return {"type": "Sequence", "decoders": list(parts)}


# make_goldens.py gives them the ids that the reference gives them.
TRICKY = [
    added("[MASK]", lstrip=True, rstrip=True, special=True),
    added("word", single_word=True),
    added("<LOW>", normalized=True, lstrip=True),
    added("abc", normalized=True),
    added("abcde", rstrip=True),
    added("tok", single_word=True, normalized=True),
    added("ba", normalized=True, rstrip=True, lstrip=True),
]

B, S = "byte-level", "stories260K"
VARIANTS = [
    ("prefix space", B, {"pre_tokenizer": sequence(digits(True), byte_level(prefix=True))}),
    ("prefix space alone", B, {"pre_tokenizer": byte_level(prefix=True)}),
    ("no digits step", B, {"pre_tokenizer": byte_level()}),
    ("digits together", B, {"pre_tokenizer": sequence(digits(False), byte_level())}),
    ("no expression", B, {"pre_tokenizer": byte_level(regex=False)}),
    ("no expression, prefix space", B, {"pre_tokenizer": byte_level(prefix=True, regex=False)}),
    ("ignore merges", B, {"model": {"ignore_merges": True}}),
    ("digits after bytes", B, {"pre_tokenizer": sequence(byte_level(), digits(True))}),
    ("bytes twice", B, {"pre_tokenizer": sequence(byte_level(), byte_level())}),
    ("split by the expression of LLaMA 3", B, {"pre_tokenizer": sequence(split(LLAMA3), byte_level(regex=False)), "model": {"ignore_merges": True}}),
    ("split by the expression of Qwen 2", B, {"normalizer": {"type": "NFC"}, "pre_tokenizer": sequence(split(QWEN2), byte_level(regex=False))}),
    ("split by the expression of cl100k", B, {"pre_tokenizer": sequence(split(CL100K), byte_level(regex=False))}),
    ("split by the expression of o200k", B, {"pre_tokenizer": sequence(split(O200K), byte_level(regex=False))}),
    ("split by the expressions of DeepSeek 3", B, {"pre_tokenizer": sequence(split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK3), byte_level(regex=False))}),
    ("split by the expressions of Falcon", B, {"pre_tokenizer": sequence(split(FALCON, "Contiguous"), byte_level(), digits(False), split("[0-9][0-9][0-9]"))}),
    ("split by GPT-2's expression", B, {"pre_tokenizer": sequence(split(GPT2, "Removed", True), byte_level(regex=False))}),
    ("split, removed", B, {"pre_tokenizer": sequence(split(r"\s+", "Removed"), byte_level())}),
    ("split, merged with previous", B, {"pre_tokenizer": sequence(split(r"[\s\p{P}]", "MergedWithPrevious"), byte_level(regex=False))}),
    ("split, merged with next", B, {"pre_tokenizer": sequence(split(r"[\s\p{P}]", "MergedWithNext"), byte_level(regex=False))}),
    ("split, contiguous", B, {"pre_tokenizer": sequence(split(r"\s|\d", "Contiguous"), byte_level(regex=False))}),
    ("split, inverted", B, {"pre_tokenizer": sequence(split(r"\w+", "Removed", True), byte_level(regex=False))}),
    ("split, inverted class", B, {"pre_tokenizer": sequence(split(r"[\w']+|[^\w\s]", "Removed", True), byte_level(regex=False))}),
    ("split at a text", B, {"pre_tokenizer": sequence(split("a", "Isolated", kind="String"), split("..", "Removed", kind="String"), byte_level())}),
    ("split, lines and empty matches", B, {"pre_tokenizer": sequence(split(r"^\s*|\s*$", "Isolated"), byte_level(regex=False))}),
    ("split, lookbehind and lazy", B, {"pre_tokenizer": sequence(split(r"(?<=\p{Ll})(?=\p{Lu})|(?<![a-z])'.*?'|(?>a+)b|[^\W\d_]{3,5}?\x{2E}", "Isolated"), byte_level(regex=False))}),
    ("split, Han", B, {"pre_tokenizer": sequence(split(r"\p{Han}+|\P{L}"), byte_level(regex=False))}),
    ("NFC", B, {"normalizer": {"type": "NFC"}}),
    ("NFD", B, {"normalizer": {"type": "NFD"}}),
    ("NFKC", B, {"normalizer": {"type": "NFKC"}}),
    ("NFKD", B, {"normalizer": {"type": "NFKD"}}),
    ("lowercase", B, {"normalizer": {"type": "Lowercase"}}),
    ("strip and prepend", B, {"normalizer": normalizers({"type": "Strip", "strip_left": True, "strip_right": False}, {"type": "Prepend", "prepend": "ab"})}),
    ("strip right", B, {"normalizer": {"type": "Strip", "strip_left": False, "strip_right": True}}),
    ("replace", B, {"normalizer": normalizers(replace("``", '"'), replace(r"[\u0300-\u036f]".encode().decode("unicode_escape"), "", "Regex"), replace(r"\s{2,}", " ", "Regex"), replace("a", "aa"))}),
    ("added tokens", B, {"more_added_tokens": TRICKY}),
    ("added tokens, lowercase", B, {"more_added_tokens": TRICKY, "normalizer": {"type": "Lowercase"}}),
    ("added tokens, prefix space", B, {"more_added_tokens": TRICKY, "pre_tokenizer": byte_level(prefix=True)}),
    ("template", B, {"post_processor": template(["<|im_start|>"], ["<|im_end|>"])}),
    ("template after bytes, two ids", B, {"post_processor": {"type": "Sequence", "processors": [byte_level(), template(["both"], ["<|im_end|>"])]}}),
    ("roberta", B, {"post_processor": {"type": "RobertaProcessing", "sep": ["<|im_end|>", 2], "cls": ["<|im_start|>", 1], "trim_offsets": True, "add_prefix_space": False}}),
    ("no decoder", B, {"decoder": None}),
    ("unknown bytes", B, {"pre_tokenizer": digits(True), "model": {"unk_token": "<|endoftext|>"}}),
    ("unknown bytes, fused", B, {"pre_tokenizer": digits(True), "model": {"unk_token": "<|endoftext|>", "fuse_unk": True}}),
    ("unknown bytes, dropped", B, {"pre_tokenizer": digits(True)}),
    ("stories, no byte fallback", S, {"model": {"byte_fallback": False}}),
    ("stories, no byte fallback, not fused", S, {"model": {"byte_fallback": False, "fuse_unk": False}}),
    ("stories, no normalizer", S, {"normalizer": None}),
    ("stories, ignore merges", S, {"normalizer": None, "pre_tokenizer": metaspace("always"), "model": {"ignore_merges": True}}),
    ("metaspace always", S, {"normalizer": None, "pre_tokenizer": metaspace("always"), "decoder": decoders({"type": "ByteFallback"}, metaspace("always"))}),
    ("metaspace first", S, {"normalizer": None, "pre_tokenizer": metaspace("first", False), "decoder": metaspace("first"), "more_added_tokens": TRICKY}),
    ("metaspace first, stripped", S, {"normalizer": {"type": "Strip", "strip_left": True, "strip_right": True}, "pre_tokenizer": metaspace("first"), "decoder": metaspace("first"), "more_added_tokens": TRICKY}),
    ("metaspace never", S, {"normalizer": None, "pre_tokenizer": metaspace("never"), "decoder": metaspace("never")}),
    ("stories, template both sides", S, {"post_processor": template(["<s>"], ["</s>"])}),
    ("stories, strip decoder", S, {"decoder": decoders({"type": "Strip", "content": "e", "start": 2, "stop": 0}, replace("[aeiou\u2581]+", "*", "Regex"), {"type": "Fuse"})}),
    ("end of word suffix", S, {"normalizer": None, "pre_tokenizer": split(" ", "Removed", kind="String"), "decoder": {"type": "BPEDecoder", "suffix": "e"}, "model": {"end_of_word_suffix": "e", "byte_fallback": False}}),
]
