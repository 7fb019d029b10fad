# SPDX-License-Identifier: MIT
"""Whisper in numpy, as the paper (arXiv 2212.04356) and OpenAI's code describe it: the log-mel
spectrum, a small model with random weights, decoding of a window, and the way from window to
window."""
import math
import string

import numpy as np

RATE, HOP, FFT = 16000, 160, 400
END, START, LANGUAGES, TRANSLATE, TRANSCRIBE, SOLM, PREVIOUS, NO_SPEECH, NO_TIMES = (
    256, 257, [258, 259, 260], 261, 262, 263, 264, 265, 266)
FIRST_TIME, TIMES = 267, 51
VOCABULARY = FIRST_TIME + TIMES
SIZES = dict(bands=80, frames=50, width=32, heads=4, inner=48, encoder=2, decoder=2, context=64)


# -------------------------------------------------------------------------------- log-mel

def slaney(mel):
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * math.log(6.4) / 27))


def mel_filters(bands):
    edges = slaney(np.linspace(0, 15 + 27 * math.log(8) / math.log(6.4), bands + 2))
    bins = np.arange(FFT // 2 + 1) * RATE / FFT
    up = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(up, down)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def log_mel(samples, bands):
    x = np.concatenate([samples.astype(np.float64), np.zeros(RATE)])
    x = np.concatenate([x[FFT // 2:0:-1], x])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)
    frames = np.stack([x[i * HOP:i * HOP + FFT] * window for i in range(len(samples) // HOP)], 1)
    power = np.abs(np.fft.rfft(frames, axis=0)) ** 2
    logs = np.log10(np.maximum(mel_filters(bands) @ power, 1e-10))
    return (np.maximum(logs, logs.max() - 8) + 4) / 4


# ---------------------------------------------------------------------------------- model

def random_weights(seed):
    """By Hugging Face's names."""
    rng, s, all_weights = np.random.default_rng(seed), SIZES, {}

    def add(name, *shape, scale=1.0, about=0.0):
        data = about + scale * rng.standard_normal(shape) / math.sqrt(shape[-1])
        all_weights[name] = data.astype(np.float32)

    def linear(name, n, m, bias=True):
        add(name + ".weight", n, m, scale=1.5)
        if bias:
            add(name + ".bias", n)

    def norm(name):
        add(name + ".weight", s["width"], about=1.0)
        add(name + ".bias", s["width"])

    def attention(name):
        for part in "qkv":
            linear(f"{name}.{part}_proj", s["width"], s["width"], part != "k")
        linear(name + ".out_proj", s["width"], s["width"])

    for part in ("encoder", "decoder"):
        for i in range(s[part]):
            layer = f"model.{part}.layers.{i}."
            for name in ("self_attn", "encoder_attn")[:1 + (part == "decoder")]:
                attention(layer + name)
                norm(layer + name + "_layer_norm")
            linear(layer + "fc1", s["inner"], s["width"])
            linear(layer + "fc2", s["width"], s["inner"])
            norm(layer + "final_layer_norm")
        norm(f"model.{part}.layer_norm")
    for name, channels in (("conv1", s["bands"]), ("conv2", s["width"])):
        add(f"model.encoder.{name}.weight", s["width"], channels, 3, scale=0.5)
        add(f"model.encoder.{name}.bias", s["width"])
    add("model.encoder.embed_positions.weight", s["frames"], s["width"])
    add("model.decoder.embed_positions.weight", s["context"], s["width"], scale=3)
    add("model.decoder.embed_tokens.weight", VOCABULARY, s["width"], scale=3)
    return all_weights


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


class Model:
    def __init__(self, weights):
        self.w = {name.removeprefix("model."): data.astype(np.float64)
                  for name, data in weights.items()}

    def linear(self, name, x):
        return x @ self.w[name + ".weight"].T + self.w.get(name + ".bias", 0)

    def norm(self, name, x):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x ** 2).mean(-1, keepdims=True) + 1e-5)
        return x * self.w[name + ".weight"] + self.w[name + ".bias"]

    def attend(self, name, x, seen, causal=False, show=None):
        q, k, v = (self.linear(f"{name}.{part}_proj", y).reshape(len(y), SIZES["heads"], -1)
                   for part, y in zip("qkv", (x, seen, seen)))
        scores = np.einsum("qhd,khd->hqk", q, k) / math.sqrt(q.shape[-1])
        if show is not None:
            show.append(scores)
        if causal:
            scores = np.where(np.tri(len(x), dtype=bool), scores, -np.inf)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return self.linear(name + ".out_proj",
                           np.einsum("hqk,khd->qhd", scores, v).reshape(len(x), -1))

    def block(self, name, x, states=None, show=None):
        h = self.norm(name + "self_attn_layer_norm", x)
        x = x + self.attend(name + "self_attn", h, h, states is not None)
        if states is not None:
            h = self.norm(name + "encoder_attn_layer_norm", x)
            x = x + self.attend(name + "encoder_attn", h, states, show=show)
        h = gelu(self.linear(name + "fc1", self.norm(name + "final_layer_norm", x)))
        return x + self.linear(name + "fc2", h)

    def convolve(self, name, x, stride):
        w = self.w[f"encoder.{name}.weight"]
        x = np.pad(x, ((0, 0), (1, 1)))
        taps = [w[:, :, i] @ x[:, i:x.shape[1] - 2 + i:stride] for i in range(3)]
        return gelu(sum(taps) + self.w[f"encoder.{name}.bias"][:, None])

    def encode(self, features):
        x = self.convolve("conv2", self.convolve("conv1", features, 1), 2).T
        x = x + self.w["encoder.embed_positions.weight"]
        for i in range(SIZES["encoder"]):
            x = self.block(f"encoder.layers.{i}.", x)
        return self.norm("encoder.layer_norm", x)

    def logits(self, tokens, states, show=None):
        embeddings = self.w["decoder.embed_tokens.weight"]
        x = embeddings[tokens] + self.w["decoder.embed_positions.weight"][:len(tokens)]
        for i in range(SIZES["decoder"]):
            x = self.block(f"decoder.layers.{i}.", x, states, show)
        return self.norm("decoder.layer_norm", x) @ embeddings.T


# ------------------------------------------------------------------------------- decoding

def log_softmax(x):
    top = x.max()
    return x - top - np.log(np.exp(x - top).sum())


def apply_rules(logits, said, never, not_first, times):
    x = logits.copy()
    x[never + [START, TRANSLATE, TRANSCRIBE, SOLM, PREVIOUS, NO_SPEECH]] = -np.inf
    if not said:
        x[not_first] = -np.inf
    if not times:
        return x
    x[NO_TIMES] = -np.inf
    stamps = [t for t in said if t >= FIRST_TIME]
    last = bool(said) and said[-1] >= FIRST_TIME
    before = len(said) < 2 or said[-2] >= FIRST_TIME
    if last and before:
        x[FIRST_TIME:] = -np.inf
    elif last:
        x[:END] = -np.inf
    if stamps:
        x[FIRST_TIME:stamps[-1] + (0 if last and not before else 1)] = -np.inf
    if not said:
        x[:FIRST_TIME] = -np.inf
        x[FIRST_TIME + 51:] = -np.inf
    logs = log_softmax(x)
    if np.logaddexp.reduce(logs[FIRST_TIME:]) > logs[:FIRST_TIME].max():
        x[:FIRST_TIME] = -np.inf
    return x


def decode_window(model, states, begin, never, not_first, times, beams=1, patience=1.0, alpha=None):
    """Tokens, mean log-probability, probability of no speech."""
    if beams > 1:
        return search_window(model, states, begin, never, not_first, times, beams, patience, alpha)
    said, total, context = [], 0.0, SIZES["context"]
    for i in range(context // 2):
        logits = model.logits(begin + said, states)
        if i == 0:
            no_speech = np.exp(log_softmax(logits[begin.index(START)])[NO_SPEECH])
        x = apply_rules(logits[-1], said, never, not_first, times)
        token = int(x.argmax())
        total += log_softmax(x)[token]
        if token == END:
            break
        said.append(token)
        if len(begin) + len(said) > context:
            break
    return said, total / (len(said) + 1), no_speech


def search_window(model, states, begin, never, not_first, times, beams, patience, alpha):
    """OpenAI's BeamSearchDecoder and MaximumLikelihoodRanker."""
    rows, done, most = [((), 0.0)], {}, round(beams * patience)
    for i in range(SIZES["context"] // 2):
        scores = {}
        for said, total in rows:
            logits = model.logits(begin + list(said), states)
            if i == 0:
                no_speech = np.exp(log_softmax(logits[begin.index(START)])[NO_SPEECH])
            logs = log_softmax(apply_rules(logits[-1], list(said), never, not_first, times))
            for token in np.argsort(-logs, kind="stable")[:beams + 1]:
                if np.isfinite(logs[token]):
                    scores[said + (int(token),)] = total + logs[token]
        rows, finished = [], []
        for said in sorted(scores, key=scores.get, reverse=True):
            (finished if said[-1] == END else rows).append((said, scores[said]))
            if len(rows) == beams:
                break
        for said, total in finished:
            if len(done) < most:
                done[said] = total
        if len(done) >= most or len(begin) + i + 1 > SIZES["context"]:
            break
    for said, total in rows:
        if len(done) < beams:
            done[said + (END,)] = total
    texts = [(list(said[:-1]), total) for said, total in done.items()]
    lengths = [max(len(t), 1) if alpha is None else ((5 + len(t)) / 6) ** alpha for t, _ in texts]
    said, total = texts[int(np.argmax([x / n for (_, x), n in zip(texts, lengths)]))]
    return said, total / (len(said) + 1), no_speech


# -------------------------------------------------------------------------- words

def find_path(x):
    """OpenAI's dtw_cpu and backtrace: the frames at which rows begin."""
    n, m = x.shape
    cost = np.full((n + 1, m + 1), np.inf, np.float32)
    trace = np.full((n + 1, m + 1), -1)
    cost[0, 0] = 0
    for j in range(1, m + 1):
        for i in range(1, n + 1):
            c0, c1, c2 = cost[i - 1, j - 1], cost[i - 1, j], cost[i, j - 1]
            c, t = (c0, 0) if c0 < c1 and c0 < c2 else (c1, 1) if c1 < c0 and c1 < c2 else (c2, 2)
            cost[i, j], trace[i, j] = x[i - 1, j - 1] + np.float64(c), t
    trace[0, :], trace[:, 0] = 2, 1
    i, j, starts = n, m, [0] * n
    while i > 0 or j > 0:
        if i:
            starts[i - 1] = j - 1
        step = trace[i, j]
        i, j = i - (step != 2), j - (step != 1)
    return starts


def median_filter(x, width=7):
    half = width // 2
    if x.shape[-1] <= half:
        return x
    x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(half, half)], mode="reflect")
    return np.sort(np.lib.stride_tricks.sliding_window_view(x, width, axis=-1), -1)[..., half]


def text_of(tokens):
    return bytes(t for t in tokens if t < END).decode("utf-8", "replace")


def split_words(tokens):
    """Language with spaces: OpenAI's split_to_word_tokens; but that loses what stands behind bytes that
    are no characters."""
    full, offset, current, words = text_of(tokens), 0, [], []
    for i, token in enumerate(tokens):
        current.append(token)
        text = text_of(current) if i + 1 < len(tokens) else full[offset:]
        if i + 1 == len(tokens) or "\ufffd" not in text or full[offset + text.index("\ufffd")] == "\ufffd":
            if not words or text.startswith(" ") or text.strip() in string.punctuation:
                words.append([text, current])
            else:
                words[-1] = [words[-1][0] + text, words[-1][1] + current]
            offset, current = offset + len(text), []
    return words


def align(model, states, begin, tokens, frames, heads):
    """[text, tokens, start, end, probability] of the words."""
    show = []
    logits = model.logits(begin + [NO_TIMES, *tokens, END], states, show)
    logs = np.stack([log_softmax(row) for row in logits[len(begin):len(begin) + len(tokens), :END]])
    chances = np.exp(logs)[np.arange(len(tokens)), tokens]
    scores = np.stack([show[layer][head] for layer, head in heads])[:, :, :frames // 2]
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    spread = weights.std(-2, keepdims=True)  # 0 of a single frame, where OpenAI's divides by it
    weights = (weights - weights.mean(-2, keepdims=True)) / np.where(spread > 0, spread, 1)
    matrix = median_filter(weights).mean(0)[len(begin):-1]
    starts, words, at = find_path(-matrix), split_words(tokens), 0
    for word in words:
        end = at + len(word[1])
        word += [starts[at] / 50, starts[end] / 50, chances[at:end].mean()]
        at = end
    return words


def merge_punctuation(words):
    i, j = len(words) - 2, len(words) - 1
    while i >= 0:
        if words[i][0].startswith(" ") and words[i][0].strip() in "\"'“¿([{-":
            words[j][:2] = words[i][0] + words[j][0], words[i][1] + words[j][1]
            words[i][:2] = "", []
        else:
            j = i
        i -= 1
    i, j = 0, 1
    while j < len(words):
        if not words[i][0].endswith(" ") and words[j][0] in "\"'.。,，!！?？:：”)]}、":
            words[i][:2] = words[i][0] + words[j][0], words[i][1] + words[j][1]
            words[j][:2] = "", []
        else:
            i = j
        j += 1


def add_words(words, segments, begin, last):
    """OpenAI's add_word_timestamps; segments [start, end, tokens, words] are changed."""
    lengths = np.array([w[3] - w[2] for w in words])
    lengths = lengths[lengths.nonzero()]
    median = min(0.7, float(np.median(lengths)) if len(lengths) else 0.0)
    most = 2 * median
    if len(lengths):
        for previous, word in zip(words, words[1:]):
            if word[3] - word[2] > most:
                if word[0] in ".。!！?？":
                    word[3] = word[2] + most
                elif previous[0] in ".。!！?？":
                    word[2] = word[3] - most
    merge_punctuation(words)
    at = 0
    for segment in segments:
        n, seen, mine = sum(t < END for t in segment[2]), 0, []
        while at < len(words) and seen < n:
            text, tokens, start, end, chance = words[at]
            if text:
                mine.append([text, round(begin + start, 2), round(begin + end, 2), chance])
            seen, at = seen + len(tokens), at + 1
        if mine:
            first, final = mine[0], mine[-1]
            if first[2] - last > median * 4 and (
                    first[2] - first[1] > most or
                    (len(mine) > 1 and mine[1][2] - first[1] > most * 2)):
                if len(mine) > 1 and mine[1][2] - mine[1][1] > most:
                    first[2] = mine[1][1] = max(mine[1][2] / 2, mine[1][2] - most)
                first[1] = max(0, first[2] - most)
            if segment[0] < first[2] and segment[0] - 0.5 > first[1]:
                first[1] = max(0, min(first[2] - median, segment[0]))
            else:
                segment[0] = first[1]
            if segment[1] > final[1] and segment[1] + 0.5 < final[2]:
                final[2] = max(final[1] + median, segment[1])
            else:
                segment[1] = final[2]
            last = segment[1]
        segment[3] = mine


def cut(said, seek, left):
    """Segments (begin, end, tokens) in frames of features, and how far to go on."""
    stamp = [t >= FIRST_TIME for t in said]
    ends = stamp[-2:] == [False, True]
    places = [i for i in range(1, len(said)) if stamp[i] and stamp[i - 1]]
    at = lambda t: 2 * (t - FIRST_TIME)  # noqa: E731
    if not places:
        found = [t for t in said if t >= FIRST_TIME]
        length = at(found[-1]) if found and found[-1] != FIRST_TIME else left
        return [(seek, seek + length, said)], left
    pieces = [said[a:b] for a, b in zip([0] + places, places + ([len(said)] if ends else []))]
    segments = [(seek + at(p[0]), seek + at(p[-1]), p) for p in pieces]
    return segments, left if ends else at(said[places[-1] - 1])


def transcribe(model, samples, language=None, task=TRANSCRIBE, never=(), not_first=(), times=True,
               remember=True, prompt=(), heads=None, **search):
    """Language and segments (begin, end, tokens, mean log-probability, no speech), begin and end in
    frames; with heads, also the words (text, start, end, probability), and begin and end are theirs."""
    last_speech = 0.0
    features = log_mel(samples, SIZES["bands"])
    window, seek, segments, previous = 2 * SIZES["frames"], 0, [], list(prompt)
    while seek < features.shape[1]:
        part = features[:, seek:seek + window]
        left = part.shape[1]
        states = model.encode(np.pad(part, ((0, 0), (0, window - left))))
        if language is None:
            found = model.logits([START], states)[0][LANGUAGES]
            language = LANGUAGES[int(found.argmax())]
        seen = previous[-(SIZES["context"] // 2 - 1):]
        begin = ([PREVIOUS] + seen if seen else []) + [START, language, task]
        begin += [] if times else [NO_TIMES]
        said, mean, silence = decode_window(model, states, begin, list(never), list(not_first),
                                            times, **search)
        new, step = cut(said, seek, left)
        if heads:
            new = [[a / 100, b / 100, t, []] for a, b, t in new]
            tokens = [t for s in new for t in s[2] if t < END]
            words = align(model, states, [START, language, task], tokens, left, heads) if tokens else []
            add_words(words, new, seek / 100, last_speech)
            ends = [w[2] for s in new for w in s[3]][-1:] or [new[-1][1]]
            last_speech = ends[0]
            single = [t >= FIRST_TIME for t in said[-2:]] == [False, True]
            step = round(ends[0] * 100) - seek if not single and ends[0] > seek / 100 else step
        new = [s for s in new if s[0] != s[1] and any(t < END and t != 32 for t in s[2])]
        segments += [(*s[:3], mean, silence, *s[3:]) for s in new]
        previous = previous + [t for s in new for t in s[2]] if remember else []
        seek += step
    return language, segments
