"""Lines that are hard to tokenize: the input of every golden."""

import random

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<s>", "</s>", "<unk>", "<repo_name>"]

HAND_WRITTEN = [
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", "\r\n", "\r\n\r\n", "\t", "\t\t", " \n", "\n ", " \n ", "\t \n\t",
    "It was great", " It was great", "It was great ", "It was terrible.", "Great", "great", " great", "Yes", "No",
    "Hello, world!", "hello  world", "hello   world", "  hello", "hello  ", "a", " a", "a ", "ab", "A B C",
    "it's", "it 's", "It'S", "IT'S", "they're we've I'm he'll she'd don't", "'s't're've'm'll'd", "'S'T'RE", "''", "'",
    "' s", "x'sy", "'lle", "'r e", "l'l", "d'd'd", "\u2019s it\u2019s", "rock 'n' roll", "O'Neill's",
    "0", "1", "12", "123", "1234", "12345678901234567890", "1,234.56", "-1e-3", "3.14159", "0x1F", "1st 2nd", "a1b2c3",
    " 1 22  333", "2024-01-31T23:59:59Z", "\u00bd \u00be \u2460 \u2167 \u0664\u0665", "x\u00b2+y\u00b2=z\u00b2",
    "\u0967\u0968\u0969", "\uff11\uff12\uff13", "\U0001d7d8\U0001d7d9", "100%", "$5.00", "\u20ac10", "#1", "1/2",
    "caf\u00e9", "cafe\u0301", "e\u0301\u0302\u0303", "\u00e9 e\u0301", "na\u00efve fa\u00e7ade", "\u0301", " \u0301",
    "a\u0301\u0327", "a\u0327\u0301", "\u1e9b\u0323", "\ufb01 \ufb03", "\u00df \u1e9e", "\u0130\u0131", "\u03a3\u03c3\u03c2",
    "\u01c4\u01c5\u01c6", "\u2126 \u212a \u212b", "\uac00 \u1100\u1161", "\u0958", "\u0929", "\u0928\u093c",
    "\ud55c\uad6d\uc5b4 \ubb38\uc7a5", "\u4f60\u597d\uff0c\u4e16\u754c\u3002", "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c",
    "\u30ab\u30bf\u30ab\u30ca \uff76\uff80\uff76\uff85", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!",
    "\u0393\u03b5\u03b9\u03ac \u03c3\u03bf\u03c5", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01", "\u1010\u1031\u102c\u103a", "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0",
    "\u0540\u0561\u0575\u0565\u0580\u0565\u0576", "\u12a0\u121b\u122d\u129b", "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd", "\u0c24\u0c46\u0c32\u0c41\u0c17\u0c41",
    "\u13e3\u13b3\u13a9", "\u1401\u1403\u1405", "\u16a0\u16a2\u16a6", "\U00010330\U00010331", "\U00012000\U00012001", "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
    "\U0001f600", "\U0001f600\U0001f600", "a\U0001f600b", " \U0001f600 ", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f44d\U0001f3fd",
    "\u2764\ufe0f", "\u2764", "1\ufe0f\u20e3", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\u263a\ufe0e", "\U0001f937\u200d\u2640\ufe0f",
    "\u200b", "a\u200bb", "a\u200cb", "a\u200db", "\ufeff", "\ufefftext", "\u00ad", "\u200e\u200f", "\u202atext\u202c", "\u2060",
    "\x00", "a\x00b", "\x01\x02\x03", "\x1b[0m", "\x7f", "\x80\x81", "\x85", "a\x85b", "\x0b\x0c", "a\x0bb", "\x1c\x1d\x1e\x1f", " \x1c ",
    "\u00a0", "a\u00a0b", "a\u00a0\u00a0b", "\u1680", "\u2000\u2001\u2002", "a\u2003b", "\u2028", "a\u2028b", "\u2029", "\u202f", "\u205f", "\u3000", "a\u3000\u3000b", "\u180e",
    "\ue000", "\uf8ff", "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\U000f0000", "\u0378", "\U000e0001", "\U0001fae8",
    "a\nb", "a\n\nb", "a\n \nb", "a \nb", "a\r\nb", "a\rb", "a\r\n\r\nb", "\n\na", "a\n\n", "a \n\n b", "line one\nline two\n",
    "    indented", "\tindented", "\t\tx = 1", "  two", "        eight", "a" + " " * 40 + "b", " " * 100, "\n" * 50, "\t" * 30, "=" * 80, "-" * 33, "a" * 200,
    "def f(x):\n    return x ** 2  # square\n", "for (int i = 0; i < n; ++i) { a[i] += b[i]; }", "if x == 'it\\'s': pass", "x->y::z<T>&&", "/* c */ // d", "SELECT * FROM t WHERE a='b';",
    "<html><body class=\"x\">&amp;</body></html>", "{\"key\": [1, 2.5, null, true]}", "https://example.org/a?b=c&d=%20#e", "user@example.org", "C:\\dir\\file.txt", "/usr/bin/env", "$PATH ${HOME} `ls`",
    "snake_case camelCase PascalCase kebab-case SCREAMING_CASE", "a_b", "_a", "__init__", "a.b.c", "...", "\u2026", "?!", "!!!", "(a) [b] {c} <d>", "\u201cquoted\u201d \u2018single\u2019", "\u2014 \u2013 -", "a\u2014b",
    "The capital of France is", "Once upon a time, there was a little girl named Lily.", "it 's a charming and often affecting journey .",
    "\u2581", "\u2581a", "a\u2581b", " \u2581 ", "\u2581\u2581", "<0x41>", "<0xE4>", "<0x0A>", "a<0x41>b", "\u0120", "\u0120the", "\u010a", "\u00c3\u00a9",
    "<|endoftext|>", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "a<|endoftext|>b", "a <|endoftext|> b", "<|endoftext|><|endoftext|>", "<|endoftext", "endoftext|>", "<|ENDOFTEXT|>", "<<|im_end|>>",
    "<s>", "</s>", "<unk>", "<s>a</s>", " <s> a </s> ", "<s><s>", "a<unk>b", "< s >", "<repo_name>x/y<file_sep>z", "<|im_end|> ", " <|im_end|>", "\n<|im_end|>\n",
    "[MASK]", "a [MASK] b", "a[MASK]b", "a  [MASK]  b", "[MASK][MASK]", "[mask]", "[MASK] [MASK]", "wordy", "word", "a word b", "awordb", "word.word", "\u00e9word", "word\u0301", "wo\u0301rd", "word word", " word ", "WORD", "Word", "<LOW>", "a <LOW> b", "<low>", "  <low>  ",
    # Assigned after Unicode 9, which the reference normalizes by, and after Unicode 16, which it splits by.
    "\u32ff", "x\u32ffy", "a\u089b\u1df2", "76\u1ac8\u08e6", "\U00011938", "\ua7f2\uab69", "a\u088fb \u088f", "\ua7ce\ua7cf", "1\U00011de02", "\u0c5c\u1acf",
    "x\n[MASK]\ny", "\u3000[MASK]\u3000", "ba bar bars", "abc abcd abcde", "abcdeabcdabc", "tok", "token", "tokens",
]

RANGES = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x180, 0x24F), (0x250, 0x2AF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF), (0x530, 0x58F), (0x590, 0x5FF), (0x600, 0x6FF),
    (0x900, 0x97F), (0x980, 0x9FF), (0xB80, 0xBFF), (0xE00, 0xE7F), (0x1000, 0x109F), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x137F), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF),
    (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x214F), (0x2150, 0x218F), (0x2190, 0x21FF), (0x2460, 0x24FF), (0x2E80, 0x2EFF), (0x3000, 0x303F), (0x3040, 0x30FF),
    (0x3130, 0x318F), (0x3200, 0x32FE), (0x3300, 0x33FF), (0x4E00, 0x4F00), (0xA640, 0xA69F), (0xAC00, 0xAD00), (0xF900, 0xF980), (0xFB00, 0xFB4F), (0xFE00, 0xFE6F), (0xFF00, 0xFFEF),
    (0x10000, 0x1007F), (0x10400, 0x1044F), (0x1D400, 0x1D4FF), (0x1F300, 0x1F64F), (0x1F900, 0x1F9FF), (0x20000, 0x20080), (0xE0100, 0xE01EF),
]
WORDS = "the of and to in a is that for It was great movie film not very 's don't I'm 2024 3.5 token word [MASK] <|im_end|> <s> étude naïve 世界 мир 😀".split()
SPACES = [" ", " ", " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u3000", ""]


def random_lines(seed, count):
    """Words, ranges of Unicode and white space, mixed; the same for the same seed everywhere."""
    rng = random.Random(seed)
    for number in range(count):
        parts = []
        for _ in range(rng.randint(1, 8)):
            kind = rng.random()
            if kind < 0.5:
                parts.append(rng.choice(WORDS))
            else:
                low, high = RANGES[(number + rng.randrange(3)) % len(RANGES)]
                parts.append("".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 6))))
            parts.append(rng.choice(SPACES))
        yield "".join(parts)


def hard_lines(seed=20240601, count=266):
    return list(dict.fromkeys(HAND_WRITTEN + list(random_lines(seed, count))))
