// SPDX-License-Identifier: MIT
// lampwick for JavaScript: networks and language models in browsers, Node and Deno, by way of
// lampwick-module.wasm (docs/webassembly.md). One thread; runs are synchronous, so that a page that
// must stay responsive does them in a worker.
//
//     import { Lampwick } from "./lampwick.mjs";
//     const lampwick = await Lampwick.open(fetch("lampwick-module.wasm"));
//     const model = lampwick.loadModel(await (await fetch("digits.onnx")).arrayBuffer());
//     const { digit } = model.run({ image: { data: pixels, dims: [1, 1, 28, 28] } });
//     digit.data     // Float32Array
//     model.free();
//
// What fails throws LampwickError, with the library's sentence as its message.

export class LampwickError extends Error {
    constructor(status, sentence) {
        super(sentence || status);
        this.name = "LampwickError";
        this.status = status; // "LW_SHAPE"
    }
}

// Element types by their number (lw_dtype), and the arrays that hold them; those without an array
// of their own come as bytes.
const TYPES = {
    1: ["float32", Float32Array], 2: ["uint8", Uint8Array], 3: ["int8", Int8Array],
    4: ["uint16", Uint16Array], 5: ["int16", Int16Array], 6: ["int32", Int32Array],
    7: ["int64", BigInt64Array], 8: ["string", null], 9: ["bool", Uint8Array],
    10: ["float16", Uint16Array], 11: ["float64", Float64Array], 12: ["uint32", Uint32Array],
    13: ["uint64", BigUint64Array], 16: ["bfloat16", Uint16Array],
};
const NUMBERS = Object.fromEntries(Object.entries(TYPES).map(([n, [name]]) => [name, Number(n)]));
const LW_OK = 0, LW_STRING = 8;

const typeOfArray = (array) => {
    for (const n of [1, 2, 3, 4, 5, 6, 7, 11, 12, 13])
        if (array instanceof TYPES[n][1]) return n;
    if (Array.isArray(array) && array.every((x) => typeof x === "string")) return LW_STRING;
    throw new TypeError("data must be a typed array, or an array of strings");
};

const asBytes = (x) => new Uint8Array(x.buffer ?? x, x.byteOffset ?? 0, x.byteLength);
const encoder = new TextEncoder(), decoder = new TextDecoder();

// ---------------------------------------------------------------------------------- the system
// The part of WASI (preview 1) that the library asks for: a clock, random numbers, messages, and
// files in memory, which language models are read from. A folder "/" holds them.

const BADF = 8, NOENT = 44, NOSYS = 52, SUCCESS = 0;
const FOLDER = 3, REGULAR = 4, ROOT = 3;

class System {
    constructor() {
        this.files = new Map(); // name -> Uint8Array
        this.open = new Map();  // descriptor -> {bytes, at, inode}
        this.inodes = new Map();
    }

    get view() { return new DataView(this.memory.buffer); }
    // Pointers above 2 GiB come as negative numbers.
    bytes(at, n) { return new Uint8Array(this.memory.buffer, at >>> 0, n); }
    text(at, n) { return decoder.decode(this.bytes(at, n).slice()); }

    add(name, bytes) {
        this.files.set(name, bytes);
        this.inodes.set(name, this.inodes.size + 2);
    }

    // What a module imports; functions that are not here say that the system lacks them.
    imports(module) {
        const wasi = {};
        for (const { module: from, name } of WebAssembly.Module.imports(module))
            if (from === "wasi_snapshot_preview1")
                wasi[name] = this[name] ? this[name].bind(this) : () => NOSYS;
        return { wasi_snapshot_preview1: wasi };
    }

    put32(at, n) { this.view.setUint32(at >>> 0, n, true); return SUCCESS; }
    put64(at, n) { this.view.setBigUint64(at >>> 0, BigInt(n), true); return SUCCESS; }

    // Buffers of iovec at `list`: calls use(bytes) for each until it returns less than was asked.
    vectors(list, n, use) {
        let total = 0;
        for (let i = 0; i < n; i++) {
            const at = this.view.getUint32(list + 8 * i, true);
            const size = this.view.getUint32(list + 8 * i + 4, true);
            const done = use(this.bytes(at, size));
            total += done;
            if (done < size) break;
        }
        return total;
    }

    environ_sizes_get(count, size) { this.put32(count, 0); return this.put32(size, 0); }
    environ_get() { return SUCCESS; }
    clock_time_get(id, precision, to) {
        const now = id === 0 ? Date.now() : performance.now();
        return this.put64(to, BigInt(Math.round(now * 1e6)));
    }
    random_get(at, n) {
        for (let i = 0; i < n; i += 65536)
            crypto.getRandomValues(this.bytes(at + i, Math.min(65536, n - i)));
        return SUCCESS;
    }
    sched_yield() { return SUCCESS; }
    proc_exit(code) { throw new LampwickError("LW_INTERNAL", `the module ended with ${code}`); }

    fd_write(fd, list, n, written) {
        if (fd !== 1 && fd !== 2) return BADF;
        let text = "";
        this.put32(written, this.vectors(list, n, (bytes) => {
            text += decoder.decode(bytes.slice());
            return bytes.length;
        }));
        if (text.trim()) console.error(text.trimEnd());
        return SUCCESS;
    }

    fd_prestat_get(fd, to) {
        if (fd !== ROOT) return BADF;
        this.put32(to, 0);
        return this.put32(to + 4, 1);
    }
    fd_prestat_dir_name(fd, at) {
        this.bytes(at, 1)[0] = 47; // "/"
        return fd === ROOT ? SUCCESS : BADF;
    }

    file_status(to, type, inode, size) {
        this.bytes(to, 64).fill(0);
        this.put64(to + 8, inode);
        this.view.setUint8(to + 16, type);
        this.put64(to + 24, 1);
        return this.put64(to + 32, size);
    }
    path_filestat_get(fd, flags, path, n, to) {
        const name = this.text(path, n), bytes = this.files.get(name);
        if (name === "." || name === "") return this.file_status(to, FOLDER, 1, 0);
        return bytes ? this.file_status(to, REGULAR, this.inodes.get(name), bytes.length) : NOENT;
    }
    fd_filestat_get(fd, to) {
        const file = this.open.get(fd);
        return file ? this.file_status(to, REGULAR, file.inode, file.bytes.length) : BADF;
    }
    fd_fdstat_get(fd, to) {
        const file = this.open.get(fd);
        if (!file && fd > ROOT) return BADF;
        this.bytes(to, 24).fill(0);
        this.view.setUint8(to, file ? REGULAR : fd === ROOT ? FOLDER : 2);
        this.put64(to + 8, 0xffffffffn);
        return this.put64(to + 16, 0xffffffffn);
    }

    path_open(fd, look, path, n, flags, rights, inherit, fdflags, to) {
        const name = this.text(path, n), bytes = this.files.get(name);
        if (!bytes) return NOENT;
        let number = ROOT + 1;
        while (this.open.has(number)) number++;
        this.open.set(number, { bytes, at: 0, inode: this.inodes.get(name) });
        return this.put32(to, number);
    }
    fd_close(fd) { return this.open.delete(fd) ? SUCCESS : BADF; }
    fd_read(fd, list, n, done) {
        const file = this.open.get(fd);
        if (!file) return BADF;
        return this.put32(done, this.vectors(list, n, (to) => {
            const part = file.bytes.subarray(file.at, file.at + to.length);
            to.set(part);
            file.at += part.length;
            return part.length;
        }));
    }
    fd_seek(fd, offset, whence, to) {
        const file = this.open.get(fd);
        if (!file) return BADF;
        file.at = Number(offset) + [0, file.at, file.bytes.length][whence];
        return this.put64(to, file.at);
    }
}

// ---------------------------------------------------------------------------------- the library

export class Lampwick {
    // source: the module's bytes, a WebAssembly.Module, a Response, or a promise of one of them.
    static async open(source) {
        source = await source;
        if (typeof Response !== "undefined" && source instanceof Response)
            source = await source.arrayBuffer();
        const module = source instanceof WebAssembly.Module ? source
            : await WebAssembly.compile(source);
        const system = new System();
        const instance = await WebAssembly.instantiate(module, system.imports(module));
        system.memory = instance.exports.memory;
        instance.exports._initialize();
        return new Lampwick(instance.exports, system);
    }

    constructor(exports, system) {
        this.c = exports; // every lw_ function, malloc and free; pointers are numbers
        this.system = system;
    }

    get version() { return this.string(this.c.lw_version()); }

    // Of a network: an ONNX file, a GGUF file, a program of torch.export or TorchScript, whole.
    loadModel(bytes) { return new Model(this, asBytes(bytes)); }

    // Of a language model: a GGUF file, whole.
    loadLanguageModel(bytes) { return new LanguageModel(this, bytes); }

    // ------------------------------------------------------ for the classes below, and for those
    // who call functions of lampwick.h themselves

    get u32() { return new Uint32Array(this.system.memory.buffer); }
    get view() { return new DataView(this.system.memory.buffer); }

    check(status) {
        if (status !== LW_OK)
            throw new LampwickError(this.string(this.c.lw_status_name(status)),
                                    this.string(this.c.lw_last_error()));
    }
    string(at) {
        if (!at) return null;
        const all = new Uint8Array(this.system.memory.buffer, at >>> 0);
        return decoder.decode(all.slice(0, all.indexOf(0)));
    }
    // Memory of the module; a multiple of 16.
    allocate(n) {
        const at = this.c.malloc(n || 1) >>> 0;
        if (!at) throw new LampwickError("LW_NO_MEMORY", `out of memory: could not allocate ${n} bytes`);
        return at;
    }
    copyIn(bytes) {
        const at = this.allocate(bytes.byteLength);
        new Uint8Array(this.system.memory.buffer, at).set(
            new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        return at;
    }
    copyText(text) { return this.copyIn(encoder.encode(`${text}\0`)); }
    // use(at) with n zero bytes of the module's memory, which are freed afterwards.
    with(n, use) {
        const at = this.allocate(n);
        new Uint8Array(this.system.memory.buffer, at, n).fill(0);
        try { return use(at); } finally { this.c.free(at); }
    }
    // A pointer that a function writes as its last argument.
    make(call) {
        return this.with(4, (at) => {
            this.check(call(at));
            return this.u32[at / 4];
        });
    }
}

// A tensor of the caller: {data, dims, type}; dims may be left out for one dimension, type ("bool",
// "float16") where the array does not tell it.
class Tensor {
    constructor(lampwick, { data, dims = [data.length], type }) {
        this.lampwick = lampwick;
        const dtype = type ? NUMBERS[type] : typeOfArray(data);
        if (!dtype) throw new TypeError(`no element type '${type}'`);
        const shape = lampwick.copyIn(BigInt64Array.from(dims, BigInt));
        this.blocks = [shape];
        try {
            this.value = dtype === LW_STRING ? this.ofStrings(shape, dims, data)
                : this.ofNumbers(dtype, shape, dims, data);
        } catch (error) {
            this.free();
            throw error;
        }
    }
    ofNumbers(dtype, shape, dims, data) {
        const count = dims.reduce((a, b) => a * Number(b), 1);
        if (count !== data.length)
            throw new LampwickError("LW_SHAPE", `${data.length} numbers for [${dims}]`);
        const at = this.lampwick.copyIn(data);
        this.blocks.push(at);
        return this.lampwick.make((to) => this.lampwick.c.lw_tensor_wrap(dtype, dims.length, shape, at, to));
    }
    ofStrings(shape, dims, strings) {
        const texts = strings.map((s) => this.lampwick.copyText(s));
        this.blocks.push(...texts);
        const list = this.lampwick.copyIn(Uint32Array.from(texts));
        this.blocks.push(list);
        return this.lampwick.make((to) => this.lampwick.c.lw_tensor_strings(dims.length, shape, list, 0, to));
    }
    free() {
        this.lampwick.c.lw_value_free(this.value ?? 0);
        for (const at of this.blocks) this.lampwick.c.free(at);
    }
}

// A copy of a value of the library.
function read(lampwick, value) {
    const { c } = lampwick, dtype = c.lw_tensor_dtype(value);
    if (!dtype) throw new LampwickError("LW_UNSUPPORTED", "the output is no tensor");
    const [type, Kind] = TYPES[dtype] ?? [lampwick.string(c.lw_dtype_name(dtype)), Uint8Array];
    const at = c.lw_tensor_data(value) >>> 0, rank = c.lw_tensor_rank(value);
    const buffer = lampwick.system.memory.buffer;
    const dims = Array.from(new BigInt64Array(buffer, c.lw_tensor_dims(value) >>> 0, rank), Number);
    if (dtype === LW_STRING) {
        const pairs = new Uint32Array(buffer, at, 2 * c.lw_tensor_count(value)), data = [];
        for (let i = 0; i < pairs.length; i += 2)
            data.push(lampwick.system.text(pairs[i], pairs[i + 1]));
        return { type, dims, data };
    }
    return { type, dims, data: new Kind(buffer.slice(at, at + c.lw_tensor_bytes(value))) };
}

export class Model {
    constructor(lampwick, bytes) {
        const { c } = this.lampwick = lampwick;
        this.bytes = lampwick.copyIn(bytes); // which the model reads its weights from
        try {
            this.model = lampwick.make((to) => c.lw_model_load_memory(this.bytes, bytes.length, 0, to));
            this.context = lampwick.make((to) => c.lw_context_new(this.model, 0, to));
            this.inputs = this.describe(c.lw_model_input, c.lw_model_input_count);
            this.outputs = this.describe(c.lw_model_output, c.lw_model_output_count);
        } catch (error) {
            this.free();
            throw error;
        }
    }

    // [{name, type, dims, optional}]; dims undefined where there are none declared, -1 for open
    // sizes; optional: an input that may be left out.
    describe(get, count) {
        const { lampwick } = this, list = [];
        for (let i = 0; i < count(this.model); i++)
            list.push(lampwick.with(40, (at) => {
                lampwick.u32[at / 4] = 40;
                lampwick.check(get(this.model, i, at));
                const view = lampwick.view, rank = view.getInt32(at + 24, true);
                const dims = rank < 0 ? undefined : Array.from(
                    new BigInt64Array(view.buffer, view.getUint32(at + 28, true), rank), Number);
                const type = TYPES[view.getInt32(at + 16, true)]?.[0];
                return { name: lampwick.string(view.getUint32(at + 4, true)), type, dims,
                         optional: view.getUint8(at + 36) !== 0 };
            }));
        return list;
    }

    // inputs: {name: {data, dims, type}}. wanted: names of outputs; all. Returns the same of outputs.
    run(inputs, wanted = this.outputs.map((o) => o.name)) {
        const { lampwick } = this, { c } = lampwick, tensors = [], names = [];
        const list = (at, pairs) => pairs.forEach(([name, value], i) => {
            names.push(lampwick.copyText(name));
            lampwick.u32.set([names.at(-1), value], at / 4 + 2 * i);
        });
        const given = Object.entries(inputs);
        try {
            return lampwick.with(8 * given.length, (from) => lampwick.with(8 * wanted.length, (to) => {
                list(from, given.map(([name, x]) => {
                    tensors.push(new Tensor(lampwick, x));
                    return [name, tensors.at(-1).value];
                }));
                list(to, wanted.map((name) => [name, 0]));
                lampwick.check(c.lw_context_run(this.context, from, given.length, to, wanted.length));
                const values = wanted.map((_, i) => lampwick.u32[to / 4 + 2 * i + 1]);
                try {
                    return Object.fromEntries(wanted.map((name, i) => [name, read(lampwick, values[i])]));
                } finally {
                    for (const value of values) c.lw_value_free(value);
                }
            }));
        } finally {
            for (const tensor of tensors) tensor.free();
            for (const name of names) c.free(name);
        }
    }

    free() {
        const { c } = this.lampwick;
        c.lw_context_free(this.context ?? 0);
        c.lw_model_free(this.model ?? 0);
        c.free(this.bytes);
        this.context = this.model = this.bytes = 0;
    }
}

export class LanguageModel {
    constructor(lampwick, bytes) {
        const { c, system } = this.lampwick = lampwick;
        const name = `model-${system.inodes.size}.gguf`, path = lampwick.copyText(`/${name}`);
        system.add(name, asBytes(bytes));
        try {
            this.llm = lampwick.make((to) => c.lw_llm_load(path, 0, to));
        } finally {
            c.free(path);
            system.files.delete(name); // the library has what it needs in its own memory
        }
    }

    get info() {
        const { lampwick } = this;
        return lampwick.with(40, (at) => {
            lampwick.u32[at / 4] = 40;
            lampwick.check(lampwick.c.lw_llm_describe(this.llm, at));
            const [architecture, vocabulary, context] = lampwick.u32.slice(at / 4 + 1, at / 4 + 4);
            return { architecture: lampwick.string(architecture), vocabulary, context };
        });
    }

    // Pieces of the text that follows the prompt, as they are made. temperature 0: always the
    // likeliest token.
    *generate(prompt, { tokens = 128, temperature = 0, seed = 0, topK = 0, topP = 0, minP = 0,
                        repetition = 0, last = 64 } = {}) {
        const { lampwick } = this, { c } = lampwick;
        const session = lampwick.with(40 + 96, (at) => {
            const view = lampwick.view, sampling = at + 40;
            view.setUint32(at, 40, true);
            view.setUint32(at + 12, sampling, true);
            view.setUint32(sampling, 96, true);
            view.setBigUint64(sampling + 8, BigInt(seed), true);
            view.setFloat32(sampling + 16, temperature, true);
            view.setUint32(sampling + 28, last, true);
            view.setFloat32(sampling + 32, repetition, true);
            view.setUint32(sampling + 64, topK, true);
            view.setFloat32(sampling + 72, topP, true);
            view.setFloat32(sampling + 76, minP, true);
            return lampwick.make((to) => c.lw_session_new(this.llm, at, to));
        });
        const text = lampwick.allocate(20);
        const piece = (call) => {
            lampwick.view.setUint32(text, 20, true);
            lampwick.check(call(session, text));
            const [data, length] = lampwick.u32.slice(text / 4 + 1, text / 4 + 3);
            return length ? lampwick.system.text(data, length) : "";
        };
        try {
            const bytes = encoder.encode(prompt), at = lampwick.copyIn(bytes);
            const addSpecial = 1; // LW_ENCODE_ADD_SPECIAL
            try {
                lampwick.check(c.lw_session_feed_text(session, at, bytes.length, addSpecial));
            } finally {
                c.free(at);
            }
            for (let i = 0; i < tokens; i++) {
                const made = piece(c.lw_session_next_text);
                if (made) yield made;
                if (lampwick.view.getUint8(text + 16)) return;
            }
            const rest = piece(c.lw_session_end_text);
            if (rest) yield rest;
        } finally {
            c.lw_session_free(session);
            c.free(text);
        }
    }

    free() {
        this.lampwick.c.lw_llm_free(this.llm ?? 0);
        this.llm = 0;
    }
}
