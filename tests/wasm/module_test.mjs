// SPDX-License-Identifier: MIT
// wasm/lampwick.mjs in Node. module_test.py starts this, with what is expected in a file.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Lampwick, LampwickError } from "../../wasm/lampwick.mjs";

const expected = JSON.parse(readFileSync(process.env.EXPECTED));
const lampwick = await Lampwick.open(readFileSync(process.env.MODULE));
const file = (name) => readFileSync(expected[name]);
const near = (got, want) => {
    assert.equal(got.length, want.length);
    want.forEach((x, i) => assert.ok(Math.abs(got[i] - x) <= 1e-5 + 1e-4 * Math.abs(x), `${i}: ${got[i]}, ${x}`));
};
const fails = (status, sentence) => (error) =>
    error instanceof LampwickError && error.status === status && sentence.test(error.message);

test("a network gives what ONNX Runtime gives", () => {
    const model = lampwick.loadModel(file("digits"));
    assert.deepEqual(model.inputs, [{ name: "image", type: "float32", dims: [-1, 1, 8, 8], optional: false }]);
    for (const { image, dims, probabilities } of expected.runs) {
        const out = model.run({ image: { data: Float32Array.from(image), dims } });
        assert.deepEqual(out.probabilities.dims, [dims[0], 10]);
        near(out.probabilities.data, probabilities);
    }
    model.free();
});

test("types, strings, inputs that are left out, outputs that are chosen", () => {
    const model = lampwick.loadModel(file("types"));
    assert.deepEqual(model.inputs.map((i) => [i.name, i.type, i.optional]),
        [["n", "int64", false], ["s", "string", false], ["b", "bool", false], ["h", "float16", false], ["k", "int64", true]]);
    const inputs = { n: { data: BigInt64Array.of(1n, -2n, 2n ** 40n) },
                     s: { data: ["Öl", "", "Docht"], dims: [3] },
                     b: { data: Uint8Array.of(1, 0), type: "bool" },
                     h: { data: Uint16Array.of(0x3c00, 0xc000), type: "float16" } };
    const all = model.run(inputs);
    assert.deepEqual(all.n_out.data, BigInt64Array.of(8n, 5n, 2n ** 40n + 7n));
    assert.deepEqual(all.s_out, { type: "string", dims: [3], data: ["Öl", "", "Docht"] });
    assert.deepEqual(all.b_out.data, Uint8Array.of(0, 1));
    assert.deepEqual(all.h_out.data, Uint16Array.of(0xbc00, 0x4000));
    const one = model.run({ n: inputs.n, k: { data: BigInt64Array.of(1n) } }, ["n_out"]);
    assert.deepEqual(Object.keys(one), ["n_out"]);
    assert.deepEqual(one.n_out.data, BigInt64Array.of(2n, -1n, 2n ** 40n + 1n));
    model.free();
});

test("failures are exceptions with the library's sentence", () => {
    assert.throws(() => lampwick.loadModel(Uint8Array.of(1, 2, 3)), fails("LW_CORRUPT", /ONNX/));
    const model = lampwick.loadModel(file("digits"));
    assert.throws(() => model.run({ image: { data: new Float32Array(5) } }), fails("LW_SHAPE", /image/));
    assert.throws(() => model.run({ picture: { data: new Float32Array(5) } }), fails("LW_NOT_FOUND", /picture/));
    assert.throws(() => model.run({ image: { data: new Float32Array(5), dims: [2, 3] } }), fails("LW_SHAPE", /5/));
    assert.throws(() => model.run({ image: { data: new Float64Array(64), dims: [1, 1, 8, 8] } }), fails("LW_TYPE", /image/));
    model.free();
});

test("memory does not grow from run to run", () => {
    const pages = () => lampwick.system.memory.buffer.byteLength;
    const image = { data: new Float32Array(64), dims: [1, 1, 8, 8] };
    const once = () => {
        const model = lampwick.loadModel(file("digits"));
        for (let i = 0; i < 20; i++) model.run({ image });
        model.free();
    };
    once();
    const before = pages();
    for (let i = 0; i < 50; i++) once();
    assert.equal(pages(), before);
});

test("a language model writes what llama2.c writes", { skip: !expected.language && "no models of ../shared/data" }, () => {
    const llm = lampwick.loadLanguageModel(file("language"));
    assert.equal(llm.info.architecture, "llama");
    const text = "Once upon a time" + [...llm.generate("Once upon a time", { tokens: 60 })].join("");
    assert.ok(text.length > 120);
    assert.equal(text, expected.text.slice(0, text.length));
    const drawn = (seed) => [...llm.generate("One day", { tokens: 30, temperature: 1, seed, topK: 40 })].join("");
    assert.equal(drawn(1), drawn(1));
    assert.notEqual(drawn(1), drawn(2));
    llm.free();
    assert.throws(() => lampwick.loadLanguageModel(file("digits")), fails("LW_UNSUPPORTED", /language model/));
});
