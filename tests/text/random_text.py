# SPDX-License-Identifier: MIT
"""Random texts for tokenizers: words, numbers, white space, punctuation and letters of all scripts,
mixed. A seed gives the same texts every time. Characters are those of Unicode 14, which the
libraries on all sides know."""
import random
import unicodedata

WORDS = """the of and to in is that it was for on are as with his they at be this have from or one
had by word but not what all were we when your can said there use an each which she do how their if
I'm you're we'll they've he'd it's don't I'LL WE'VE 'tis o'clock Tokenizer tokenization
internationalization GPT LLaMA HTML5 x86_64 snake_case CamelCase foo.bar(baz) return; int main(void)
https://example.com/a?b=c&d=%20 user@example.org 3.14159 1,000,000 2024-02-29 0xDEADBEEF 1e-5 50%
naïve café résumé Ångström Straße ﬁle İstanbul ΑΒΓ ος ΣΑΣ привет мир שלום مرحبا नमस्ते สวัสดี こんにちは
世界 你好 안녕하세요 한국어 ｆｕｌｌｗｉｄｔｈ ①②③ ½ ² ½cup Ⅷ ℃ ™ … — “quoted” «guillemets» 👍 👩‍👩‍👧‍👦 🇩🇪 🏳️‍🌈 é ñ
ǆ ﷺ ㎏ <s> </s> <unk> <pad> [CLS] [MASK] <|endoftext|> <|im_end|> ▁ ▁▁the Ġthe ##ing <0x0A>""".split()
SPACES = [" ", " ", " ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n ", "\u00a0", "\u3000", "\u2003",
          "\u200b", "\u0085", ""]
# First and last code points of ranges that random characters come from.
RANGES = [(0x20, 0x7e), (0x20, 0x7e), (0xa0, 0x24f), (0x250, 0x36f), (0x370, 0x52f), (0x531, 0x5f4),
          (0x600, 0x6ff), (0x900, 0xdff), (0xe00, 0xfff), (0x10a0, 0x13ff), (0x1780, 0x17ff),
          (0x1e00, 0x1fff), (0x2000, 0x206f), (0x2070, 0x23ff), (0x2460, 0x27ff), (0x3000, 0x33ff),
          (0x4e00, 0x9fff), (0xa000, 0xabff), (0xac00, 0xd7a3), (0xf900, 0xffef), (0x10000, 0x107ff),
          (0x1d400, 0x1d7ff), (0x1f300, 0x1faff), (0x20000, 0x2a6df)]
# Blocks and characters that are newer than Unicode 14; punctuation and marks that are newer than the
# tables of the tokenizers package, which are of Unicode 8.
NEWER = {
    0x61d, 0x9fd, 0xa76, 0xc77, 0xc84, 0x9fe, 0xafa, 0xafb, 0xafc, 0xafd, 0xafe, 0xaff, 0xb55, 0xc04,
    0xc3c, 0xd00, 0xd3b, 0xd3c, 0xd81, 0xeba, 0xa82c, 0xa8c5, 0xa8ff, 0xa9bd} | set(range(0x1fa75, 0x1fa78)) | set(range(0x1faad, 0x1fab0)) | {
    0xcf3, 0xece, 0x1f6dc, 0x1fabb, 0x1fabc, 0x1fabd, 0x1fabf, 0x1face, 0x1facf, 0x1fada, 0x1fadb,
    0x1fae8, 0x1faf7, 0x1faf8, 0x1f774, 0x1f775, 0x1f776, 0x1f77b, 0x1f77c, 0x1f77d, 0x1f77e, 0x1f77f,
    0x1f7d9} | set(range(0x2ffc, 0x3000)) | {0x31ef}


def is_known(point):
    return unicodedata.category(chr(point)) not in ("Cn", "Cs", "Co") and point not in NEWER


def character(rng):
    while True:
        low, high = rng.choice(RANGES)
        point = rng.randint(low, high)
        if is_known(point):
            return chr(point)


def text(rng):
    """One text of up to some hundred characters."""
    parts = []
    for _ in range(rng.randint(0, 24)):
        kind = rng.random()
        if kind < 0.5:
            parts.append(rng.choice(WORDS))
        elif kind < 0.6:
            parts.append(str(rng.randint(0, 10 ** rng.randint(1, 12))))
        elif kind < 0.7:
            low, high = rng.choice(RANGES)
            points = [rng.randint(low, high) for _ in range(rng.randint(1, 8))]
            parts.append("".join(chr(p) for p in points if is_known(p)))
        elif kind < 0.8:
            parts.append("".join(character(rng) for _ in range(rng.randint(1, 8))))
        elif kind < 0.85:
            parts.append(rng.choice("aAbB.!?-_ \n'\"é中🙂") * rng.randint(1, 40))
        elif kind < 0.9:
            parts.append(chr(rng.randint(0, 31)))
        else:
            parts.append(rng.choice("'.,;:!?()[]{}<>/\\|@#$%^&*-_=+`~\"") * rng.randint(1, 4))
        parts.append(rng.choice(SPACES))
    return "".join(parts)


def texts(seed, n):
    rng = random.Random(seed)
    return [text(rng) for _ in range(n)]
