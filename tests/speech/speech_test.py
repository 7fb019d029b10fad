#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speech: the log-mel spectrum, and transcripts of a small model (make_speech.py), compared with
numpy; and the command.

    speech_test.py liblampwick.so liblampwick-llm.so lampwick FOLDER
"""
import ctypes as c
import json
import pathlib
import shutil
import subprocess
import sys
import wave

import numpy as np

import whisper_numpy as wn
from make_speech import CODES, GENERATION, NEVER, NOT_FIRST

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "models"), str(HERE.parent / "llm")]
import lampwick  # noqa: E402
import llm_library  # noqa: E402

check = llm_library.Checks()
CORE = lampwick.Library(sys.argv[1])
CORE.c.lw_status_name.restype = c.c_char_p
SPEECH = llm_library.load(sys.argv[2])
COMMAND, FOLDER = sys.argv[3], pathlib.Path(sys.argv[4])
MODEL, SOUND = str(FOLDER / "model"), str(FOLDER / "sound.wav")


def run(*arguments):
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def samples():
    with wave.open(SOUND) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16) / np.float32(32768)


def log_mel(x, bands):
    value = c.c_void_p()
    x = np.ascontiguousarray(x, np.float32)
    llm_library.ok(SPEECH, SPEECH.lw_log_mel(x.ctypes.data_as(c.c_void_p), c.c_size_t(len(x)),
                                             bands, c.byref(value)))
    made = CORE.array(value).copy()
    CORE.c.lw_value_free(value)
    return made


def test_log_mel():
    rng = np.random.default_rng(2)
    sounds = {"speech-like": samples(), "noise": rng.standard_normal(16000).astype(np.float32),
              "silence": np.zeros(4000, np.float32), "short": np.ones(170, np.float32),
              "nothing": np.zeros(0, np.float32), "a click": np.eye(1, 5000, 2500)[0]}
    for name, x in sounds.items():
        for bands in (80, 128):
            got = log_mel(x, bands)
            if len(x) < wn.HOP:
                check(name, got.shape == (bands, 0))
                continue
            error = np.abs(got - wn.log_mel(x, bands)).max()
            check(f"log-mel of {name}, {bands} bands", error < 1e-4, error)
    for x, bands in ((np.full(400, np.nan), 80), (np.zeros(400), 0), (np.zeros(400), 5000)):
        try:
            log_mel(x, bands)
            check("refused", False)
        except RuntimeError:
            check("refused", True)


def same(name, options, **expected):
    code, out, said = run("transcribe", MODEL, SOUND, "--format", "json", "--no-fallback",
                          *options)
    if code:
        check(name, False, said)
        return
    got = json.loads(out)[0]
    reference = wn.Model(wn.random_weights(11))
    language, segments = wn.transcribe(reference, samples(), never=NEVER, not_first=NOT_FIRST,
                                       **expected)
    check(name + ": language", got["language"] == CODES[language - wn.LANGUAGES[0]])
    check(name + ": segments", len(segments) == len(got["segments"]) and segments,
          (len(segments), len(got["segments"])))
    for want, have in zip(segments, got["segments"]):
        text = bytes(t for t in want[2] if t < wn.END).decode("utf-8", "replace")
        times = want[:2] if "heads" in expected else [s * wn.HOP / wn.RATE for s in want[:2]]
        check(name + ": times", np.allclose(times, [have["start"], have["end"]]), (times, have))
        check(name + ": tokens", want[2] == have["tokens"], (want[2], have["tokens"]))
        check(name + ": text", text == have["text"], (text, have["text"]))
        check(name + ": numbers", np.allclose([want[3], want[4]], [have["avg_logprob"],
                                                                   have["no_speech_prob"]],
                                              rtol=1e-4, atol=1e-6), (want[3:], have))


        for a, b in zip(want[5] if len(want) > 5 else [], have.get("words", [])):
            check(name + ": a word", a[0] == b["word"] and
                  np.allclose(a[1:], [b["start"], b["end"], b["probability"]], 1e-4, 1e-6), (a, b))
        check(name + ": words", len(want) <= 5 or len(want[5]) == len(have["words"]))


def test_transcripts():
    silence = ["--language", "de"]
    same("detected", [])
    same("german", silence, language=wn.LANGUAGES[1])
    same("translated", [*silence, "--translate"], language=wn.LANGUAGES[1], task=wn.TRANSLATE)
    same("forgetting", ["--language", "en", "--forget"], language=wn.LANGUAGES[0], remember=False)
    for beams in (2, 5):
        same(f"{beams} beams", ["--language", "en", "--beam-size", str(beams)], language=wn.LANGUAGES[0],
             beams=beams)
    same("patience", ["--language", "de", "--beam-size", "3", "--patience", "2.5"],
         language=wn.LANGUAGES[1], beams=3, patience=2.5)
    same("little patience", ["--language", "de", "--beam-size", "4", "--patience", "0.5"],
         language=wn.LANGUAGES[1], beams=4, patience=0.5)
    same("a length penalty", ["--language", "en", "--beam-size", "4", "--length-penalty", "0.3"],
         language=wn.LANGUAGES[0], beams=4, alpha=0.3)
    for heads in ([[1, h] for h in range(wn.SIZES["heads"])], [[0, 2], [1, 0]]):
        more = dict(alignment_heads=heads) if heads[0][0] == 0 else {}
        (FOLDER / "model/generation_config.json").write_text(json.dumps(GENERATION | more))
        for language in (0, 1):
            same(f"words, {len(heads)} heads", ["--language", CODES[language], "--word-times"],
                 language=wn.LANGUAGES[language], heads=heads)
    (FOLDER / "model/generation_config.json").write_text(json.dumps(GENERATION))
    same("a prompt", ["--language", "haw", "--prompt", " Lamp. "], language=wn.LANGUAGES[2],
         prompt=b" Lamp.")


class Segment(c.Structure):
    _fields_ = [("size", c.c_size_t), ("start", c.c_double), ("end", c.c_double),
                ("text", lampwick.Text), ("tokens", c.POINTER(c.c_int32)),
                ("n_tokens", c.c_size_t), ("temperature", c.c_double), ("logprob", c.c_double),
                ("compression", c.c_double), ("no_speech", c.c_double), ("words", c.c_void_p),
                ("n_words", c.c_size_t)]


Callback = c.CFUNCTYPE(c.c_bool, c.c_void_p, c.POINTER(Segment))


class Options(c.Structure):
    _fields_ = [("size", c.c_size_t), ("context", c.c_void_p), ("language", c.c_char_p),
                ("translate", c.c_bool), ("no_timestamps", c.c_bool), ("word_times", c.c_bool), ("forget", c.c_bool),
                ("prompt", c.c_char_p), ("least_logprob", c.c_double),
                ("most_compression", c.c_double), ("most_no_speech", c.c_double),
                ("no_fallback", c.c_bool), ("seed", c.c_uint64), ("beam_size", c.c_size_t),
                ("patience", c.c_double), ("best_of", c.c_size_t), ("length_penalty", c.c_double),
                ("segment", Callback),
                ("user", c.c_void_p)]


def listen(speech, x, **members):
    """Segments, or the status of a failure."""
    transcriber, transcript, found = c.c_void_p(), c.c_void_p(), []
    options = llm_library.make(Options, **members)
    llm_library.ok(SPEECH, SPEECH.lw_transcriber_new(speech, c.byref(options),
                                                     c.byref(transcriber)))
    x = np.ascontiguousarray(x, np.float32)
    status = SPEECH.lw_transcribe(transcriber, x.ctypes.data_as(c.c_void_p), c.c_size_t(len(x)),
                                  c.byref(transcript))
    segment = llm_library.make(Segment)
    while not status and not SPEECH.lw_transcript_segment(transcript, c.c_size_t(len(found)),
                                                          c.byref(segment)):
        found.append((segment.start, segment.end, segment.tokens[:segment.n_tokens],
                      segment.temperature, segment.logprob))
    SPEECH.lw_transcript_free(transcript)
    SPEECH.lw_transcriber_free(transcriber)
    return status or found


def test_library():
    speech = c.c_void_p()
    llm_library.ok(SPEECH, SPEECH.lw_speech_load(MODEL.encode(), None, c.byref(speech)))
    plain = dict(language=b"en", no_fallback=True)
    got = listen(speech, samples(), no_timestamps=True, **plain)
    _, want = wn.transcribe(wn.Model(wn.random_weights(11)), samples(), wn.LANGUAGES[0],
                            never=NEVER, not_first=NOT_FIRST, times=False)
    check("no timestamps", [s[2] for s in want] == [s[2] for s in got], (want, got))
    check("nothing", listen(speech, np.zeros(0), **plain) == [])
    check("less than a frame", listen(speech, np.zeros(100), **plain) == [])
    wrong = dict(language=b"en", least_logprob=-1e-9, most_no_speech=1.0)
    hot = listen(speech, samples(), seed=4, **wrong)
    check("fallback", hot and all(s[3] == 1 for s in hot), hot)
    check("the same seed", listen(speech, samples(), seed=4, **wrong) == hot)
    check("another seed", listen(speech, samples(), seed=5, **wrong) != hot)
    means = [np.mean([s[4] for seed in range(6) for s in listen(
        speech, samples(), seed=seed, best_of=n, **wrong)]) for n in (1, 6)]
    check("the best of some", means[1] > means[0] + 0.1, means)
    check("the best of some, again", listen(speech, samples(), seed=4, best_of=3, **wrong) ==
          listen(speech, samples(), seed=4, best_of=3, **wrong))
    for name, number in (("beam_size", 33), ("best_of", 1000), ("patience", -1.0),
                         ("length_penalty", 2.0)):
        try:
            listen(speech, samples(), **{name: number})
            check(name, False)
        except RuntimeError as error:
            check(name, name in str(error), error)
    quiet = listen(speech, samples(), language=b"en", least_logprob=-1e-9, most_no_speech=1e-30)
    check("no speech", quiet == [], quiet)
    seen = []
    status = listen(speech, samples(), segment=Callback(lambda _, s: bool(seen.append(s[0].end))),
                    **plain)
    check("ended by the callback", len(seen) == 1 and isinstance(status, int), (seen, status))
    check("status", CORE.c.lw_status_name(status) == b"LW_CANCELLED", status)
    SPEECH.lw_speech_free(speech)


def test_command():
    one = run("transcribe", MODEL, SOUND, "--seed", "3", "-t", "1")
    check("text", one[0] == 0 and one[1], one)
    check("threads", run("transcribe", MODEL, SOUND, "--seed", "3", "-t", "2") == one)
    plugin = pathlib.Path(sys.argv[1]).resolve().parent / "tests/plugins/liblampwick-local.so"
    with_plugin = run("transcribe", MODEL, SOUND, "--seed", "3", "--plugin", str(plugin), "--fallback")
    check("a plug-in", with_plugin[:2] == one[:2], with_plugin)
    code, out, _ = run("transcribe", MODEL, SOUND, "--format", "srt")
    check("srt", code == 0 and out.startswith("1\n00:00:0") and " --> 00:00:0" in out, out[:60])
    code, out, _ = run("transcribe", MODEL, SOUND, "--format", "vtt")
    check("vtt", code == 0 and out.startswith("WEBVTT\n\n00:0"), out[:60])
    code, out, _ = run("transcribe", MODEL, SOUND, "--format", "srt", "--word-times")
    lines = run("transcribe", MODEL, SOUND, "--word-times")[1].count("\n[") + 1
    check("a subtitle for each word", code == 0 and out.count(" --> ") == lines > 5, lines)
    code, out, _ = run("transcribe", MODEL, SOUND, "--timestamps", "--statistics")
    check("timestamps", code == 0 and out.startswith("[00:0"), out[:60])


def arrays(folder):
    data = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    return {name: (t["shape"], data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]])
            for name, t in json.loads(data[8:8 + size]).items() if name != "__metadata__"}


def test_gguf():
    """As a GGUF file, and as a folder again."""
    file, again = FOLDER / "model.gguf", FOLDER / "again"
    options = [SOUND, "--format", "json", "--no-fallback", "--word-times"]
    shutil.rmtree(again, ignore_errors=True)
    heads = GENERATION | {"alignment_heads": [[1, 2], [0, 3]]}
    (FOLDER / "model/generation_config.json").write_text(json.dumps(heads))
    want = run("transcribe", MODEL, *options)
    for place, arguments in ((file, [MODEL, file]), (again, [file, again])):
        code, _, said = run("convert", *map(str, arguments))
        check(f"convert to {place.name}", code == 0, said)
        check(f"transcribe {place.name}", want[0] == 0 and run("transcribe", str(place), *options) == want)
    check("tensors", arrays(again) == arrays(FOLDER / "model"))
    config = json.loads((again / "config.json").read_text())
    for key, value in json.loads((FOLDER / "model/config.json").read_text()).items():
        check(f"config: {key}", config.get(key) == value, config.get(key))
    check("generation", json.loads((again / "generation_config.json").read_text()) == heads)
    (FOLDER / "model/generation_config.json").write_text(json.dumps(GENERATION))
    check("quantize", run("quantize", MODEL, str(file), "Q8_0")[0] == 0)
    code, out, said = run("transcribe", str(file), SOUND)
    check("quantised", code == 0 and out, said)
    whole = file.read_bytes()
    for i in range(40):
        data = bytearray(whole[:len(whole) * i // 20] if i < 20 else whole)
        if i >= 20:
            data[8 + 97 * (i - 20)] ^= 1 << i % 8
        (FOLDER / "damaged.gguf").write_bytes(data)
        code, _, said = run("transcribe", str(FOLDER / "damaged.gguf"), SOUND, "--no-fallback")
        check(f"damaged {i}", code in (0, 1), (code, said))


def test_hostile_heads():
    """Lists of heads that the model does not have."""
    path = FOLDER / "model/generation_config.json"
    for heads in ([[2, 0]], [[0, 4]], [[0]], [0], [[-1, 0]], [[0, 1.5]], [["a", 0]]):
        path.write_text(json.dumps(GENERATION | {"alignment_heads": heads}))
        code, _, said = run("transcribe", MODEL, SOUND, "--word-times")
        check(f"heads {heads}", code == 1 and "alignment_heads" in said, said)
    path.write_text(json.dumps(GENERATION))


def test_refusals():
    for name, sentence, *arguments in (
            ("language", "does not know the language 'xx'", MODEL, SOUND, "--language", "xx"),
            ("sound", "no-such.wav", MODEL, "no-such.wav"),
            ("model", "no-such", "no-such", SOUND),
            ("device", "no device 'nothing'", MODEL, SOUND, "--device", "nothing"),
            ("two subtitles", "one sound", MODEL, SOUND, SOUND, "--format", "srt")):
        code, _, said = run("transcribe", *arguments)
        check(name, code in (1, 2) and said.startswith("lampwick: ") and sentence in said, said)
    code, _, said = run("generate", MODEL, "t")
    check("no text from text", code == 1 and "transcribe" in said, said)


test_log_mel()
test_transcripts()
test_library()
test_command()
test_gguf()
test_hostile_heads()
test_refusals()
print(f"{check.n} checks, {check.failed} failed")
sys.exit(check.failed > 0)
