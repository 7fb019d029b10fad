// SPDX-License-Identifier: MIT
// Beside onnxruntime-web, in Node, one thread each: load and run times of networks, interleaved.
//
//     npm install onnxruntime-web           (anywhere; NODE_PATH or --ort names the folder)
//     node bench/web_compare.mjs --ort DIR/node_modules/onnxruntime-web build-wasm MODEL.onnx[:NAME=1,3,224,224] ...
//
// Times are processor time of the process, medians; a ratio above 1 means that lampwick is faster.
import { readFileSync } from "node:fs";
import { join, basename, dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { Lampwick } from "../wasm/lampwick.mjs";

const args = process.argv.slice(2);
const option = (name, otherwise) => {
    const at = args.indexOf(name);
    return at < 0 ? otherwise : args.splice(at, 2)[1];
};
const folder = option("--ort", "node_modules/onnxruntime-web");
const seconds = Number(option("--seconds", "3"));
const [build, ...models] = args;

const now = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
};
const timed = async (what) => {
    const start = now(), result = await what();
    return [now() - start, result];
};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;

const ort = await import(pathToFileURL(join(folder, "dist/ort.wasm.min.mjs")));
const ortModule = join(folder, "dist/ort-wasm-simd-threaded.wasm");
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = readFileSync(ortModule);
ort.env.logLevel = "error";

const ours = readFileSync(join(build, "lampwick-module.wasm")), theirs = readFileSync(ortModule);
console.log(`module: lampwick ${kilobytes(ours.length)}, ${kilobytes(gzipSync(ours).length)} packed; ` +
    `onnxruntime-web ${kilobytes(theirs.length)}, ${kilobytes(gzipSync(theirs).length)} packed`);
const [start, lampwick] = await timed(() => Lampwick.open(ours));
console.log(`start: lampwick ${start.toFixed(0)} ms`);

// The same numbers for both, in [0, 1) (or small whole ones).
const numbers = (type, count) => {
    const Kinds = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array,
                    bool: Uint8Array, float16: Uint16Array };
    const Kind = Kinds[type];
    if (!Kind) throw new Error(`no numbers of type ${type}`);
    let state = 1;
    const next = () => (state = Math.imul(state, 1103515245) + 12345 >>> 0) / 2 ** 32;
    const one = { float32: next, int64: () => BigInt(Math.floor(next() * 2)), bool: () => 1,
                  float16: () => Math.floor(next() * 0x3c00) }[type] ?? (() => Math.floor(next() * 2));
    return Kind.from({ length: count }, one);
};

const largest = (a, b) => {
    let difference = 0, size = 0;
    for (let i = 0; i < a.length; i++) {
        difference = Math.max(difference, Math.abs(Number(a[i]) - Number(b[i])));
        size = Math.max(size, Math.abs(Number(b[i])));
    }
    return size ? difference / size : difference;
};

const compare = async (given) => {
    const [path, ...shapes] = given.split(":");
    const bytes = readFileSync(path);
    const fixed = Object.fromEntries(shapes.map((s) => {
        const [name, dims] = s.split("=");
        return [name, dims.split(",").map(Number)];
    }));
    const [loadOurs, model] = await timed(() => lampwick.loadModel(bytes));
    const [loadTheirs, session] = await timed(() => ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], logSeverityLevel: 4 }));
    const inputs = {}, feeds = {};
    for (const { name, type, dims, optional } of model.inputs) {
        if (optional) continue;
        const shape = fixed[name] ?? dims.map((d) => (d < 0 ? 1 : d));
        const data = numbers(type, shape.reduce((a, b) => a * b, 1));
        inputs[name] = { data, dims: shape, type };
        feeds[name] = new ort.Tensor(type, data, shape);
    }
    const a = model.run(inputs), b = await session.run(feeds);
    const wrong = Math.max(...Object.keys(a).filter((n) => a[n].data.length).map((n) => largest(a[n].data, b[n].data)));
    const times = [[], []];
    const end = now() + 1000 * seconds;
    for (let i = 0; i < 3 || now() < end; i++) {
        times[0].push((await timed(() => model.run(inputs)))[0]);
        times[1].push((await timed(() => session.run(feeds)))[0]);
    }
    const [mine, other] = times.map(median);
    const name = basename(path) === "model.onnx" ? basename(dirname(path)) : basename(path);
    console.log(`${name.padEnd(28)} load ${loadOurs.toFixed(0).padStart(5)} / ${loadTheirs.toFixed(0).padStart(5)} ms` +
        `   run ${mine.toFixed(2).padStart(8)} / ${other.toFixed(2).padStart(8)} ms` +
        `   ratio ${(other / mine).toFixed(2)}   difference ${wrong.toExponential(1)}   ${times[0].length} runs`);
    model.free();
    await session.release();
    return other / mine;
};

const ratios = [];
for (const model of models) {
    try {
        ratios.push(await compare(model));
    } catch (error) {
        console.log(`${model}: ${error.message}`);
    }
}
if (ratios.length > 1)
    console.log(`geometric mean of ratios ${Math.exp(ratios.reduce((s, r) => s + Math.log(r), 0) / ratios.length).toFixed(2)}`);
process.exit(0);
